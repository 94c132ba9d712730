import type { Engine } from '../../engine/engine';
import { routeOf } from '../../engine/environments/find';
import { dropWarm, emptyLane } from '../../engine/rollout/traffic';
import { clearLane, DRAIN_MS } from '../serving/take-down';
import type { World } from '../world';

const RULE = { rule: 'keep-warm' };

/** Ends what was kept warm for long enough: its release stays, its instances go. */
export async function endWarm(engine: Engine, world: World): Promise<void> {
  const now = engine.parts.clock.now();
  for (const environment of await engine.environments.list()) {
    const { warm } = environment.traffic;
    if (environment.cluster !== world.cluster.name || warm === null) continue;
    if (environment.warmUntil === null || environment.warmUntil > now) continue;
    const log = (line: string) => engine.parts.log.info({ app: environment.app, rule: RULE.rule }, line);
    const without = await engine.environments.change(RULE, environment.id, dropWarm, { warmUntil: null });
    await world.gateway.route(routeOf(without));
    await engine.environments.confirm(without);
    await clearLane(engine, world, environment, warm, DRAIN_MS, log);
    await engine.environments.change(RULE, environment.id, (t) => (t.lanes[warm] === null ? t : emptyLane(t, warm)));
  }
}
