import type { Environment } from '../../engine/environments/find';
import { StepFailure } from '../../engine/model/errors';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { dropWarm, laneToFree } from '../../engine/rollout/traffic';
import type { World } from '../world';
import { moveTraffic } from './move-traffic';
import { DRAIN_MS, takeDown } from './take-down';

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
  await takeDown(context, world, environment, lane, { drainMs: DRAIN_MS });
}

/**
 * Says no before anything is stopped or started for a release whose bytes are gone.
 * @throws StepFailure with fault `user`.
 */
export async function demandImage(world: World, release: Release, stageName: string): Promise<void> {
  const { image, baseId, stages } = release.record;
  const id = stages[stageName]?.deliver === 'inject' ? baseId : image.id;
  if (id !== null && (await world.cluster.hasImage(id))) return;
  throw new StepFailure(
    'user',
    `the image of release ${release.number} is not on this cluster any more`,
    'push its commit again: it is built anew',
  );
}
