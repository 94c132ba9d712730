import { createHash } from 'node:crypto';
import type { Release } from '../../api/types';
import { holds, same } from '../checks';
import type { InspectedContainer, ListedContainer } from '../docker-state';
import type { Scene } from './scene';

/** The part of a release record that is compared with Docker. */
export interface SealedRecord {
  artifact: { digest: string } | null;
  image: { id: string };
  baseId: string | null;
}

export async function recordOf(
  { house }: Scene,
  app: string,
  number: number,
): Promise<Release & { record: SealedRecord }> {
  return house.must<Release & { record: SealedRecord }>('release', 'show', app, String(number));
}

/** Containers of an app in an environment, newest release first, as Docker tells. */
export async function instancesOf({ house }: Scene, app: string, environment: string): Promise<ListedContainer[]> {
  const found = await house.docker.containers({
    'gantry.installation': house.installation,
    'gantry.app': app,
    'gantry.environment': environment,
    'gantry.role': 'instance',
  });
  return found.sort((a, b) => releaseOf(b) - releaseOf(a));
}

export const releaseOf = (container: ListedContainer): number => Number(container.Labels['gantry.release']);

const WANTED_LABELS = ['installation', 'app', 'environment', 'run', 'step', 'epoch', 'release', 'effect', 'role'];

/** Labels, no privileges. */
export async function checkContainers(scene: Scene, app: string): Promise<void> {
  const { checks, house } = scene;
  const instances = [...(await instancesOf(scene, app, 'test')), ...(await instancesOf(scene, app, 'production'))];
  await checks.that(
    `each instance of ${app} carries labels: installation, app, run, step, epoch, release, effect`,
    () => {
      holds(instances.length >= 2, 'an instance in test and one in production', instances.length);
      for (const { Labels } of instances) {
        same(
          WANTED_LABELS.filter((name) => (Labels[`gantry.${name}`] ?? '') === ''),
          [],
        );
      }
    },
  );
  await checks.that(`instances of ${app} run without privileges and capabilities`, async () => {
    for (const { Id } of instances) {
      const { HostConfig } = await house.docker.container(Id);
      same([HostConfig.Privileged, HostConfig.CapDrop], [false, ['ALL']]);
    }
  });
}

const WAR = '/gantry/webapps/ROOT.war';
const hex = (digest: string): string => digest.replace('sha256:', '');
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The same WAR in test, injected into the base, and in production, as one layer on that base. */
export async function checkWar(scene: Scene, number: number): Promise<void> {
  const { checks, house } = scene;
  const { record } = await recordOf(scene, 'ledger', number);
  const [test, production] = await Promise.all(
    ['test', 'production'].map(async (environment): Promise<InspectedContainer> => {
      const [newest] = await instancesOf(scene, 'ledger', environment);
      if (newest === undefined) throw new Error(`ledger has no container in ${environment}`);
      return house.docker.container(newest.Id);
    }),
  );
  if (test === undefined || production === undefined) throw new Error('ledger does not stand in both environments');
  const digest = hex(record.artifact?.digest ?? 'none');
  await checks.that('ledger in test was started from the base image: nothing was built for it', () => {
    same(test.Image, record.baseId);
  });
  await checks.that('ledger in production was started from the thin image of its release record', () => {
    same(production.Image, record.image.id);
  });
  await checks.that('that image is the same base with one layer more', async () => {
    const base = (await house.docker.image(record.baseId ?? '')).RootFS.Layers;
    const thin = (await house.docker.image(record.image.id)).RootFS.Layers;
    same(thin.slice(0, base.length), base);
    holds(
      thin.length > base.length && thin.length <= base.length + 2,
      'one or two layers more',
      thin.length - base.length,
    );
  });
  for (const [name, container] of [
    ['test', test],
    ['production', production],
  ] as const) {
    await checks.that(
      `the WAR in ${name} has the sha256 of the release record, and so says its checksum file`,
      async () => {
        same(sha256(await house.docker.file(container.Id, WAR)), digest);
        const sums = (await house.docker.file(container.Id, '/gantry/artifacts.sha256')).toString('utf8');
        holds(sums.includes(digest) && sums.includes(WAR), `${digest}  ${WAR}`, sums);
      },
    );
  }
}
