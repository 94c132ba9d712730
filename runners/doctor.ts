import { listArchives } from '../engine/archives/find';
import { watchedAudit } from '../engine/audit/watched';
import { listHolds } from '../engine/control/hold';
import { GantryError, messageOf } from '../engine/model/errors';
import { listTroubles } from '../engine/outbox/troubles';
import { installationIn } from '../engine/store/installation';
import { keyProblem } from '../engine/store/key-file';
import { migrations } from '../engine/store/migrations';
import { type Store, schemaOf } from '../engine/store/store';
import { KEY_ADVICE } from '../engine/store/vault';
import type { RunnerSettings } from '../settings';
import { listBases } from './bases/command';
import type { Check } from './check';
import { bridgeOf, bridgeThere } from './docker/bridges';
import { connectDocker, type DockerClient } from './docker/client';
import { describeEngine, type EngineFacts, engineFacts } from './docker/description';
import { redisChecks } from './doctor-redis';
import { sandboxCheck } from './doctor-sandbox';
import { networkName } from './make-gateway';
import { hasRecords, withStore } from './upkeep/data';
import { retentionChecks } from './upkeep/retention-checks';

/** `doctor`: what only a runner can know, one JSON document on standard output. */
export async function doctorMain(settings: RunnerSettings): Promise<number> {
  const client = connectDocker(settings.docker);
  const checks = await recordChecks(settings, client);
  if (settings.redisGiven) checks.push(...(await redisChecks(settings.redisUrl)));
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

/** What the records tell; when they cannot be read, why. */
async function recordChecks(settings: RunnerSettings, client: DockerClient): Promise<Check[]> {
  try {
    if (!(await hasRecords(settings))) return serverCheck(settings);
    return await withStore(settings, async (store) => [
      ...serverCheck(settings),
      ...(await holdChecks(store)),
      ...(await imageChecks(store)),
      ...(await auditChecks(store)),
      ...(await tellingChecks(store)),
      ...(await retentionChecks(settings, store)),
      await buildsCheck(settings, client, await installationIn(store)),
      await keyCheck(store, settings.keyFile),
    ]);
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    const { message: found, next: mend } = error;
    return [{ name: 'records', state: 'fail', found, why: 'every answer of Gantry is a committed row', mend }];
  }
}

/** Whoever asks has opened the database, and so knows that it is fit (engine/store/postgres-server.ts). */
function serverCheck({ databaseUrl }: RunnerSettings): Check[] {
  if (databaseUrl === undefined) return []; // the command line looks at SQLite's file
  const found = 'PostgreSQL, with fsync, full_page_writes and synchronous_commit on';
  return [{ name: 'records', state: 'ok', found, why: 'what was answered must survive a power cut', mend: '' }];
}

/** What builds can reach. That Docker does not answer is told by the check of Docker. */
async function buildsCheck(settings: RunnerSettings, client: DockerClient, installation: string): Promise<Check> {
  const network = `${networkName(installation)}-build`;
  const [bridge] = await Promise.allSettled([bridgeThere(client, network)]);
  // Before the first build there is none yet: it will have this name.
  const name = bridge.status === 'fulfilled' ? (bridge.value ?? bridgeOf(network)) : undefined;
  return sandboxCheck(settings, network, name);
}

/** Whether what is sealed can be opened here. */
async function keyCheck(store: Store, keyFile: string): Promise<Check> {
  const check = { name: 'key', why: 'secrets, tokens of forges and second factors are sealed with it' };
  const problem = await keyProblem(store, keyFile);
  if (problem !== undefined) return { ...check, state: 'fail', found: problem, mend: KEY_ADVICE };
  return { ...check, state: 'ok', found: `${keyFile}; it is in no backup: keep a copy elsewhere`, mend: '' };
}

/** Whether something keeps Gantry from acting: a restore that nobody has confirmed, an upgrade under way. */
async function holdChecks(store: Store): Promise<Check[]> {
  const holds = await listHolds({ store });
  return holds.map(({ name, reason }) => ({
    name: `held-${name}`,
    state: 'warn',
    found: `no step is taken and nothing is switched: ${reason}`,
    why: 'what is accepted waits for it',
    mend: name === 'restore' ? './gantry restore --confirm' : 'it ends with the upgrade, or by itself after a while',
  }));
}

/** Releases whose kept images could not be loaded if their host were lost. */
async function imageChecks({ read }: Store): Promise<Check[]> {
  // An older Gantry's records, before the upgrade: they know nothing of kept images.
  const archives = (await schemaOf(read)) < migrations.length ? [] : await listArchives(read);
  if (archives.length === 0) return [];
  const kept = archives.filter(({ state }) => state === 'kept');
  const bad = archives.find(({ state }) => state === 'damaged') ?? archives.find(({ state }) => state === 'failed');
  const check = { name: 'kept images', why: 'a release can come back on any host, without a registry or a build' };
  if (bad === undefined) return [{ ...check, state: 'ok', found: `${kept.length} of ${archives.length}`, mend: '' }];
  const found = `${kept.length} of ${archives.length}; ${bad.imageId.slice(7, 19)} ${bad.state}: ${bad.reason}`;
  const mend = 'they are taken again while Docker has the images; see: gantry release list APP';
  return [{ ...check, state: bad.state === 'damaged' ? 'fail' : 'warn', found, mend }];
}

/** Whether the records of who did what are still as they were written. */
async function auditChecks(store: Store): Promise<Check[]> {
  const watched = await watchedAudit({ store });
  if (watched === null) return [];
  const check = { name: 'audit', why: 'it proves who did what' };
  const [broken] = watched.breaks;
  if (broken === undefined) {
    return [{ ...check, state: 'ok', found: `${watched.entries} entries are as they were written`, mend: '' }];
  }
  const mend = 'keep a copy of the database and of the anchors, then see: gantry audit verify (docs/audit.md)';
  return [{ ...check, state: 'fail', found: broken.says, mend }];
}

/** Who is to be told, and was not: once each, however much waits. */
export async function tellingChecks({ read }: Store): Promise<Check[]> {
  // An older Gantry's records, before the upgrade, know nothing of it.
  const troubles = (await schemaOf(read)) < migrations.length ? [] : await listTroubles(read);
  return troubles.map(({ receiver, reason, look }) => ({
    name: receiver,
    state: 'warn',
    found: reason,
    why: 'somebody relies on being told',
    mend: `see: ${look}`,
  }));
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
