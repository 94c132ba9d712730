import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import { GantryError } from '../../engine/model/errors';
import type { Actor } from '../../engine/parts';
import type { RunnerSettings } from '../../settings';
import type { World } from '../world';
import { compareWorld, type Difference } from './compare-world';
import { withWorld } from './with-world';
import type { UpkeepWords } from './words';

/** What the records and the world say of each other, and whether somebody must look at it. */
export interface Found {
  held: string | null;
  differences: Difference[];
}

/** Looks at records and world, and changes nothing. */
export async function lookAround(engine: Engine, world: World): Promise<Found> {
  const holds = await engine.holds.list();
  return {
    held: holds.find(({ name }) => name === 'restore')?.reason ?? null,
    differences: await compareWorld(engine, world),
  };
}

/** `upkeep look`: compares, and changes nothing. */
export function look(settings: RunnerSettings): Promise<Found> {
  return withWorld(settings, lookAround);
}

/** `upkeep confirm`: from now on the restored records count. */
export function confirm(settings: RunnerSettings, { actor }: UpkeepWords): Promise<Found> {
  return withWorld(settings, (engine, world) => confirmRecords(engine, world, `user:${actor}`));
}

/**
 * The anchors hear of it first: were this cut off in between, the records still wait, and it is said again. The other
 * way round nobody could say it a second time, and anchors that are ahead of the records would stay an alarm for ever.
 */
export async function confirmRecords(engine: Engine, world: World, actor: Actor): Promise<Found> {
  const found = await lookAround(engine, world);
  if (found.held === null) {
    throw new GantryError(
      'conflict',
      'nothing-to-confirm',
      'these records were not restored, or are confirmed already',
    );
  }
  if (world.anchors !== undefined) await engine.audit.anchorRestored(world.anchors, actor);
  await engine.holds.confirmRestore(actor, await followedVersions(engine, world));
  return found;
}

async function followedVersions(engine: Engine, world: World): Promise<Map<Environment['id'], number>> {
  const versions = new Map<Environment['id'], number>();
  if ((await world.gateway.address()) === undefined) return versions;
  for (const { id, host } of await engine.environments.list()) {
    const route = await world.gateway.readRoute(host);
    if (route !== undefined) versions.set(id, route.version);
  }
  return versions;
}
