import { GantryError, StepFailure } from '../../engine/model/errors';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { imageOfStage } from '../../engine/releases/record';
import type { World } from '../world';

/**
 * Makes sure that the image of a release is on this cluster, before anything is stopped or started for it: from its
 * kept bytes when it is not, also on a host that never built it. Needs no registry, no Git and no build.
 * @throws StepFailure with fault `user` when its bytes are gone.
 */
export async function bringImage(context: StepWork, world: World, release: Release, stageName: string): Promise<void> {
  const id = imageOfStage(release.record, stageName);
  if (id !== null && (await world.cluster.hasImage(id))) return;
  const kept = id === null ? undefined : await context.engine.archives.find(id);
  if (id === null || kept === undefined) throw gone(release, 'its bytes are not kept');
  const { archive, state, reason, size } = kept;
  if (archive === null || state !== 'kept') throw gone(release, reason || 'its bytes are not kept yet');
  const { log, engine, lease, signal } = context;
  const began = engine.parts.clock.now();
  log(`the image of release ${release.number} is not here; its kept bytes are loaded (${mebibytes(size)} MiB)`);
  await context.effect({
    target: `image ${id}`,
    intent: { image: id },
    find: async () => ((await world.cluster.hasImage(id)) ? { image: id } : undefined),
    act: async () => {
      await world.images.restore(archive, lease.app.name, signal).catch((error) => {
        throw error instanceof GantryError ? gone(release, error.message, error) : error;
      });
      return { image: id };
    },
  });
  log(`loaded in ${engine.parts.clock.now() - began} ms`);
}

function gone(release: Release, why: string, cause?: Error): StepFailure {
  const message = `the image of release ${release.number} is not on this cluster any more, and ${why}`;
  return new StepFailure('user', message, 'push its commit again: it is built anew', { cause });
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 1_048_576);
