import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import { GantryError } from '../../engine/model/errors';
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

/** The dummy's world lives in its runner, so nothing of it can be seen from here. */
export async function lookAround(settings: RunnerSettings, engine: Engine, world: World): Promise<Found> {
  const holds = await engine.holds.list();
  return {
    held: holds.find(({ name }) => name === 'restore')?.reason ?? null,
    differences: settings.dummy ? [] : await compareWorld(engine, world),
  };
}

/** `upkeep look`: compares, and changes nothing. */
export function look(settings: RunnerSettings): Promise<Found> {
  return withWorld(settings, (engine, world) => lookAround(settings, engine, world));
}

/** `upkeep confirm`: from now on the restored records count. */
export async function confirm(settings: RunnerSettings, { actor }: UpkeepWords): Promise<Found> {
  return withWorld(settings, async (engine, world) => {
    const found = await lookAround(settings, engine, world);
    if (found.held === null) {
      throw new GantryError(
        'conflict',
        'nothing-to-confirm',
        'these records were not restored, or are confirmed already',
      );
    }
    const followed = settings.dummy ? new Map<Environment['id'], number>() : await followedVersions(engine, world);
    await engine.holds.confirmRestore(`user:${actor}`, followed);
    if (world.anchors !== undefined) await engine.audit.anchorRestored(world.anchors, `user:${actor}`);
    return found;
  });
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
