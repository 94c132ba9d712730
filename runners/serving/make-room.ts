import type { Environment } from '../../engine/environments/find';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { dropWarm, laneToFree } from '../../engine/rollout/traffic';
import type { World } from '../world';
import { moveTraffic } from './move-traffic';
import { takeDown } from './take-down';

/**
 * Empties a lane for a release that is to come back while all three are taken: what was kept warm is drained and
 * stopped. Nothing when there is room.
 */
export async function makeRoom(
  context: StepWork,
  world: World,
  environment: Environment,
  release: Release,
): Promise<void> {
  const lane = laneToFree(environment.traffic, release.id);
  if (lane === undefined) return;
  context.log(`all three lanes of ${environment.name} are taken; lane ${lane} gives way`);
  if (environment.traffic.warm === lane) {
    await moveTraffic(context, world, environment, (t) => (t.warm === lane ? dropWarm(t) : t), {
      target: `room in ${environment.name}`,
      warmUntil: null,
    });
  }
  await takeDown(context, world, environment, lane);
}
