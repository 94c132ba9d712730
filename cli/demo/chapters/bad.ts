import type { Run } from '../../api/types';
import { carry, doingOf } from '../carry';
import { contains, holds, same } from '../checks';
import { type App, numberOf } from '../fixture';
import { instancesOf } from './containers';
import type { Scene } from './scene';

/** Enough that about fifty meet gray; together they see it fail often enough to be sure. */
const CROWD = 1_000;
const READS = 6;
const SMALL_CROWD = 200;

/** Version 3 of both is bad, each in its own way, and neither gets far. */
export async function bad(scene: Scene): Promise<void> {
  scene.story.part('Version 3 of both is bad, and neither gets far.');
  if (scene.dummy) await neverHealthy(scene);
  else await Promise.all([neverHealthy(scene), judgedBad(scene)]);
}

async function push(scene: Scene, app: App, whileWatched?: () => Promise<void>): Promise<Run> {
  const { house, story, dummy } = scene;
  const pushed = await house.push(app, 'v3-bad', { dummy });
  const run = await carry(house, app, pushed.number, {
    onLook: (now) => story.now(app, doingOf(now)),
    ...(whileWatched === undefined ? {} : { whileWatched }),
  });
  story.now(app, undefined);
  return run;
}

async function neverHealthy(scene: Scene): Promise<void> {
  const { checks, house, visits, dummy } = scene;
  const run = await push(scene, 'storefront');
  await checks.that('storefront v3 never gets healthy: its run fails in test and says why', () => {
    same(run.state, 'failed');
    contains(run.reason, /healthy/);
    same(run.steps.find(({ state }) => state === 'failed')?.name, 'test/deliver');
  });
  await checks.that('production of storefront was not touched', async () => {
    same((await house.environment('storefront', 'production'))?.stable?.number, 2);
  });
  if (dummy) return;
  await checks.that('its log shows what the dying container said', async () => {
    const ended = await house.gantry('run', 'logs', 'storefront', String(run.number), 'test/deliver');
    contains(ended.stdout, 'prices-2026.csv');
  });
  await checks.that('no visitor ever met storefront v3, and no container of it is left', async () => {
    same(visits.counts.get(`storefront ${numberOf['v3-bad']}`) ?? 0, 0);
    same(await containersOf(scene, 'storefront', run.release), []);
  });
  await checks.that('the test environment of storefront still serves the release it had', async () => {
    const test = await house.environment('storefront', 'test');
    same(await visits.testVersion(test?.host ?? ''), numberOf.v2);
  });
}

async function judgedBad(scene: Scene): Promise<void> {
  const { checks, house, visits } = scene;
  visits.expectBad('ledger', numberOf['v3-bad']);
  const run = await push(scene, 'ledger', async () => {
    const met = await visits.crowd('ledger', CROWD);
    const gray = met.filter(({ version }) => version === numberOf['v3-bad']);
    for (let round = 0; round < READS; round += 1) await visits.read('ledger', '/entries', gray);
  });
  await checks.that('ledger v3 fails a tenth of its requests: observe judges it bad', () => {
    same(run.state, 'failed');
    contains(run.reason, 'judged bad');
    same(run.steps.find(({ state }) => state === 'failed')?.name, 'gray/observe');
    holds(visits.grayErrors > 0, 'errors of gray', visits.grayErrors);
  });
  await checks.that('its traffic was taken back without anybody: all visitors meet ledger v2', async () => {
    const met = (await visits.crowd('ledger', SMALL_CROWD)).map(({ version }) => version);
    same([...new Set(met)], [numberOf.v2]);
    const production = await house.environment('ledger', 'production');
    same([production?.stable?.number, production?.gray, production?.share], [2, null, 0]);
  });
  await checks.that('no container of ledger v3 is left in production', async () => {
    const left = (await instancesOf(scene, 'ledger', 'production')).map((one) => Number(one.Labels['gantry.release']));
    holds(run.release !== null && !left.includes(run.release), `no release ${run.release}`, left);
  });
}

async function containersOf({ house }: Scene, app: App, release: number | null): Promise<string[]> {
  const found = await house.docker.containers({
    'gantry.installation': house.installation,
    'gantry.app': app,
    'gantry.release': String(release),
  });
  return found.map(({ Names }) => Names[0] ?? '');
}
