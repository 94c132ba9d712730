import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import type { Lane } from '../../engine/ports/gateway';
import { followTraffic } from '../serving/follow-traffic';
import { removeInstances } from '../serving/take-down';
import type { World } from '../world';

/** What is open was closed before, at the time that the release asked for; this is for what came since, ms. */
const DRAIN_MS = 30_000;

/** Ends what was kept warm for long enough: its release stays the way back, its instances go. */
export async function endWarm(engine: Engine, world: World): Promise<void> {
  for (const environment of await engine.environments.list()) {
    if (environment.cluster !== world.cluster.name) continue;
    const cooled = await engine.environments.cool(environment.id);
    if (cooled !== undefined) await followTraffic(engine, world, cooled);
    await removeLeft(engine, world, cooled ?? environment);
  }
}

/** Instances that go and whose lane is not theirs any more: also those of a turn that a crash cut off. */
async function removeLeft(engine: Engine, world: World, environment: Environment): Promise<void> {
  const log = (line: string) => engine.parts.log.info({ app: environment.app, rule: 'keep-warm' }, line);
  const all = await engine.instances.list({ environmentId: environment.id });
  for (const { name, lane, state, release_id } of all) {
    if (state !== 'draining' || environment.traffic.lanes[lane as Lane] === release_id) continue;
    await removeInstances(engine, world, environment, lane as Lane, [name], DRAIN_MS, log);
  }
}
