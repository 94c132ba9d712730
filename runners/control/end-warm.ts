import type { Engine } from '../../engine/engine';
import { type Environment, routeOf } from '../../engine/environments/find';
import type { Lane } from '../../engine/ports/gateway';
import { DRAIN_MS, removeInstances } from '../serving/take-down';
import type { World } from '../world';

/** Ends what was kept warm for long enough: its release stays the way back, its instances go. */
export async function endWarm(engine: Engine, world: World): Promise<void> {
  for (const environment of await engine.environments.list()) {
    if (environment.cluster !== world.cluster.name) continue;
    const cooled = await engine.environments.cool(environment.id);
    if (cooled !== undefined) {
      await world.gateway.route(routeOf(cooled));
      await engine.environments.confirm(cooled);
    }
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
