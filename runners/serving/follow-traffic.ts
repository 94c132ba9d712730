import type { Engine } from '../../engine/engine';
import { type Environment, routeOf } from '../../engine/environments/find';
import { listsOf } from '../../engine/rollout/rules';
import type { World } from '../world';

/**
 * Lets the gateway follow what SQL has decided: one map write. Lists of users that the route names come before it; most
 * routes name none.
 */
export async function followTraffic(engine: Engine, world: World, environment: Environment): Promise<void> {
  const route = routeOf(environment);
  for (const list of listsOf(route)) await world.gateway.keepUsers(await engine.gray.usersIn(list));
  await world.gateway.route(route);
  await engine.environments.confirm(environment);
}
