import { findApp } from '../apps/find';
import { type Environment, findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';

export interface GrayFound {
  app: Tables['apps'];
  production: Environment;
  /** The release that is gray. */
  releaseId: string;
}

/** Production of an app while a release is gray there. @throws GantryError `app-unknown`, `no-gray`, `no-stable`. */
export async function findGray(parts: EngineParts, appName: string): Promise<GrayFound> {
  const app = await findApp(parts, appName);
  const production = await findProduction(parts, app.id);
  const lane = production?.traffic.gray ?? null;
  const releaseId = lane === null ? null : (production?.traffic.lanes[lane] ?? null);
  if (production === undefined || releaseId === null) {
    throw new GantryError(
      'conflict',
      'no-gray',
      `${appName} has no gray release now`,
      'a release becomes gray by its run: push a commit, or approve the run that waits',
    );
  }
  if (production.traffic.stable === null) {
    throw new GantryError(
      'conflict',
      'no-stable',
      `${appName} has no stable release yet: there is nothing to share the traffic with`,
      'let the first release go to production',
    );
  }
  return { app, production, releaseId };
}
