import { type Environment, routeOf } from '../../engine/environments/find';
import type { Json } from '../../engine/model/hash';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Traffic } from '../../engine/rollout/traffic';
import type { World } from '../world';

export interface Moved {
  version: number;
  /** The traffic as it was before this step moved it, whichever epoch did. */
  before: Traffic;
}

/**
 * The one switch: SQL decides and records under the lease, then the gateway follows by one map write, then SQL knows
 * that it does. Repeating it is the same switch: the move is idempotent, and the route carries its version.
 */
export async function moveTraffic(
  context: StepWork,
  world: World,
  environment: Environment,
  move: (traffic: Traffic) => Traffic,
  options: { target: string; warmUntil?: number | null; sticky?: boolean },
): Promise<Moved> {
  const { engine, lease } = context;
  const moved = await context.effect<Json>({
    target: options.target,
    intent: { environment: environment.name, before: environment.traffic as unknown as Json },
    find: async () => undefined, // the act itself is made single by the version
    act: async (_key, intent) => {
      const extra = options.warmUntil === undefined ? {} : { warmUntil: options.warmUntil };
      const after = await engine.environments.change({ lease }, environment.id, move, extra);
      const sticky = options.sticky === undefined ? {} : { sticky: options.sticky };
      await world.gateway.route({ ...routeOf(after), ...sticky });
      await engine.environments.confirm(after);
      return { version: after.version, before: (intent as { before: Json }).before };
    },
  });
  return moved as unknown as Moved;
}
