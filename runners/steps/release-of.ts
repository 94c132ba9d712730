import type { Environment } from '../../engine/environments/find';
import { StepFailure } from '../../engine/model/errors';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { productionStage as stageOfProduction } from '../../engine/releases/record';

/** The release that this run carries. */
export async function releaseOf(context: StepWork): Promise<Release> {
  const id = context.lease.run.releaseId;
  if (id === null) throw new StepFailure('gantry', 'this run has no release yet');
  return context.engine.releases.find(id);
}

/** Production of this run's app. */
export async function productionOf(context: StepWork): Promise<Environment> {
  const found = await context.engine.environments.production(context.lease.app.id);
  if (found === undefined) throw new StepFailure('gantry', `${context.lease.app.name} has no production yet`);
  return found;
}

/** Header value that leads a check to gray before any share does; known only to who knows the release. */
export const grayKey = (release: Release): string => release.hash.slice(0, 24);
/** Salt of the sticky share: another one per release, so that not always the same users are first. */
export const graySalt = (release: Release): string => release.hash.slice(24, 36);

/** The stage whose settings production's instances have. */
export const productionStage = (release: Release): string => stageOfProduction(release.record);
