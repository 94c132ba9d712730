import type { MoveOptions } from '../../engine/environments/change';
import type { Environment } from '../../engine/environments/find';
import type { Json } from '../../engine/model/hash';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Traffic } from '../../engine/rollout/traffic';
import type { World } from '../world';
import { followTraffic } from './follow-traffic';

export interface Moved {
  version: number;
  /** The traffic as it was before this step moved it, whichever epoch did. */
  before: Traffic;
}

/**
 * The one switch: SQL decides in the transaction that records the intent, then the gateway follows by one map write,
 * then SQL knows that it does. Repeating the write is the same switch, since the route carries its version.
 */
export async function moveTraffic(
  context: StepWork,
  world: World,
  environment: Environment,
  move: (traffic: Traffic) => Traffic,
  { target, ...extra }: MoveOptions & { target: string },
): Promise<Moved> {
  const { engine, lease } = context;
  const moved = await context.effect<Json>({
    target,
    intent: null,
    decide: async (tx) => {
      const { before, after } = await engine.environments.changeIn(tx, { lease }, environment.id, move, extra);
      return { before: before.traffic, version: after.version } as unknown as Json;
    },
    find: async () => undefined, // the act itself is made single by the version
    act: async (_key, intent) => {
      // What was decided is committed. Whoever decided later wins, also here: the newest version is followed.
      await followTraffic(engine, world, await engine.environments.find(environment.id));
      return intent;
    },
  });
  return moved as unknown as Moved;
}
