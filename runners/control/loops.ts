import { AuditWatch, WATCH_MS } from '../../engine/audit/watch';
import type { Engine } from '../../engine/engine';
import type { RetentionPolicy } from '../../engine/retention/policy';
import type { Reach } from '../../engine/steps/waiting';
import type { World } from '../world';
import { endKept } from './end-kept';
import { endLeaving } from './end-leaving';
import { endWarm } from './end-warm';
import { keepImages } from './keep-images';
import { type Loop, startLoop } from './loop';
import { mendQueue } from './mend-queue';
import { prune } from './prune';
import { readPeople } from './read-people';
import { Reaper } from './reap';
import { SAMPLE_MS, TrafficSampler } from './sample-traffic';
import { startTriggered } from './start-triggered';
import { Teller, type Telling } from './tell';
import { whenCalm } from './when-calm';

/**
 * Starts the loops that compare the world with SQL. Each runs in one runner at a time (a term), one turn at a time, and
 * none while everything is held: after a restore the records are not to be believed yet. Returns what stops them and
 * waits for the turns under way.
 */
export function startLoops(
  engine: Engine,
  world: World,
  holder: string,
  { policy, reach, telling }: { policy: RetentionPolicy; reach: Reach; telling?: Telling },
): () => Promise<void> {
  const sampler = new TrafficSampler(engine, world);
  const reaper = new Reaper(engine, world);
  const loops: Loop[] = [
    { name: 'gateway', everyMs: 5_000, turn: () => compareGateway(engine, world) },
    { name: 'warm', everyMs: 5_000, turn: () => endWarm(engine, world) },
    { name: 'gates', everyMs: 10_000, turn: () => lookAtGates(engine, world) },
    { name: 'leaving', everyMs: 2_000, turn: () => endLeaving(engine, world) },
    { name: 'kept', everyMs: 2_000, turn: () => endKept(engine, world) },
    { name: 'credentials', everyMs: 15_000, turn: () => engine.releases.forgetOldCredentials() },
    { name: 'queue', everyMs: 3_000, turn: mendQueue(engine, { ...reach, pools: 'all' }) },
    { name: 'images', everyMs: 5_000, turn: whenCalm(engine, keepImages(engine, world, policy.releases)) },
    { name: 'triggers', everyMs: 2_000, turn: () => startTriggered(engine, world) },
    { name: 'retention', everyMs: 2_000, turn: (signal) => prune(engine, world, policy, signal) },
    { name: 'reaper', everyMs: 10_000, turn: () => reaper.turn(), rest: () => reaper.rest() },
    ...auditLoop(engine, world),
    ...(telling === undefined ? [] : [tellLoop(new Teller(engine, telling))]),
    { name: 'traffic', everyMs: SAMPLE_MS, turn: () => sampler.turn(), rest: () => sampler.rest() },
  ];
  const stops = loops.map((loop) => startLoop(engine, loop, `${loop.name}/${world.cluster.name}`, holder));
  return async () => {
    await Promise.all(stops.map((stop) => stop()));
  };
}

const tellLoop = (teller: Teller): Loop => ({ name: 'tell', everyMs: 1_000, turn: (signal) => teller.turn(signal) });

/** Checks the audit and anchors what it has checked, where there is a place for anchors. */
function auditLoop({ parts }: Engine, { anchors }: World): Loop[] {
  if (anchors === undefined) return [];
  const watch = new AuditWatch(parts, anchors);
  return [{ name: 'audit', everyMs: WATCH_MS, turn: () => watch.turn(), rest: () => watch.rest() }];
}

/** Questions that nobody answered in time end their runs; the others keep from deciding whoever took part. */
async function lookAtGates(engine: Engine, world: World): Promise<void> {
  await engine.approvals.endExpired();
  await readPeople(engine, world);
}

/** Makes the gateway equal to SQL: after it was killed, after its files were lost, after a half-applied switch. */
async function compareGateway(engine: Engine, world: World): Promise<void> {
  const environments = await engine.environments.list();
  if (environments.length === 0) return; // nothing was ever delivered: no gateway is wanted yet
  await noteAddresses(engine, world);
  const mended = await world.gateway.converge(() => engine.environments.desiredSlots(world.cluster.name));
  for (const sentence of mended) engine.parts.log.warn({ loop: 'gateway' }, sentence);
  for (const environment of await engine.environments.list()) {
    if (environment.confirmedVersion >= environment.version) continue;
    const route = await world.gateway.readRoute(environment.host);
    if (route !== undefined && route.version === environment.version) await engine.environments.confirm(environment);
  }
}

/** A container that Docker restarted may have another address; SQL must know before the gateway is compared with it. */
async function noteAddresses(engine: Engine, world: World): Promise<void> {
  const seen = new Map((await world.cluster.listInstances()).map((instance) => [instance.name, instance]));
  for (const instance of await engine.instances.list()) {
    const now = seen.get(instance.name);
    if (instance.state !== 'serving' || now === undefined || !now.running) continue;
    if (now.address === instance.address || now.address === '') continue;
    const moved = { state: 'serving', container: now.id, address: now.address } as const;
    // A step may have begun to drain it, or have removed it, since the list was read.
    await engine.instances.move(instance.name, moved, 'serving');
    engine.parts.log.warn({ instance: instance.name, address: now.address }, 'an instance has another address now');
  }
}
