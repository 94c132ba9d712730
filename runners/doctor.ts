import { existsSync } from 'node:fs';
import { listArchives } from '../engine/archives/find';
import { listHolds } from '../engine/control/hold';
import { messageOf } from '../engine/model/errors';
import { migrations } from '../engine/store/migrations';
import { schemaOf } from '../engine/store/store';
import type { RunnerSettings } from '../settings';
import { listBases } from './bases/command';
import { connectDocker } from './docker/client';
import { describeEngine, type EngineFacts, engineFacts } from './docker/description';
import { databaseOf, withStore } from './upkeep/data';

export interface Check {
  name: string;
  state: 'ok' | 'warn' | 'fail';
  found: string;
  why: string;
  mend: string;
}

/** `doctor`: what only a runner can know, one JSON document on standard output. */
export async function doctorMain(settings: RunnerSettings): Promise<number> {
  const client = connectDocker(settings.docker);
  const checks: Check[] = [...(await holdChecks(settings.home)), ...(await imageChecks(settings.home))];
  try {
    const engine = await describeEngine(client);
    checks.push(engineCheck(await engineFacts(client), client.address));
    for (const warning of engine.warnings) {
      checks.push({
        name: 'docker-settings',
        state: 'warn',
        found: warning,
        why: 'production must outlive a restart of Docker',
        mend: warning.includes('live-restore')
          ? 'put {"live-restore": true} into /etc/docker/daemon.json and reload Docker'
          : '',
      });
    }
    checks.push(...(await baseChecks(client)));
  } catch (error) {
    checks.push({
      name: 'docker',
      state: 'fail',
      found: messageOf(error),
      why: 'releases run in containers',
      mend: 'start Docker, or set DOCKER_HOST; without one: gantry up --dummy',
    });
  }
  process.stdout.write(`${JSON.stringify({ checks })}\n`);
  return 0;
}

export function engineCheck(facts: EngineFacts, address: string): Check {
  const { version, api, cgroup, images, tooOld } = facts;
  return {
    name: 'docker',
    state: tooOld ? 'fail' : 'ok',
    found: `${version} at ${address} (API ${api}, cgroup v${cgroup}, images in ${images})`,
    why: 'releases run in containers',
    mend: tooOld ? 'install Docker Engine 20.10 or newer' : '',
  };
}

/** Whether something keeps Gantry from acting: a restore that nobody has confirmed, an upgrade under way. */
async function holdChecks(home: string): Promise<Check[]> {
  if (!existsSync(databaseOf(home))) return [];
  const holds = await withStore(home, (store) => listHolds({ store }));
  return holds.map(({ name, reason }) => ({
    name: `held-${name}`,
    state: 'warn',
    found: `no step is taken and nothing is switched: ${reason}`,
    why: 'what is accepted waits for it',
    mend: name === 'restore' ? './gantry restore --confirm' : 'it ends with the upgrade, or by itself after a while',
  }));
}

/** Releases whose kept images could not be loaded if their host were lost. */
async function imageChecks(home: string): Promise<Check[]> {
  if (!existsSync(databaseOf(home))) return [];
  const archives = await withStore(home, async ({ read }) =>
    // An older Gantry's records, before the upgrade: they know nothing of kept images.
    (await schemaOf(read)) < migrations.length ? [] : listArchives(read),
  );
  if (archives.length === 0) return [];
  const kept = archives.filter(({ state }) => state === 'kept');
  const bad = archives.find(({ state }) => state === 'damaged') ?? archives.find(({ state }) => state === 'failed');
  const check = { name: 'kept images', why: 'a release can come back on any host, without a registry or a build' };
  if (bad === undefined) return [{ ...check, state: 'ok', found: `${kept.length} of ${archives.length}`, mend: '' }];
  const found = `${kept.length} of ${archives.length}; ${bad.imageId.slice(7, 19)} ${bad.state}: ${bad.reason}`;
  const mend = 'they are taken again while Docker has the images; see: gantry release list APP';
  return [{ ...check, state: bad.state === 'damaged' ? 'fail' : 'warn', found, mend }];
}

async function baseChecks(client: ReturnType<typeof connectDocker>): Promise<Check[]> {
  const bases = await listBases(client.calls);
  return bases.map((base) => ({
    name: `base-${base.name}`,
    state: base.imageId === null ? 'warn' : 'ok',
    found: base.imageId === null ? 'not built yet' : `${base.tag} ${base.imageId.slice(7, 19)}`,
    why: base.purpose,
    mend: base.imageId === null ? 'it is built by: gantry up' : '',
  }));
}
