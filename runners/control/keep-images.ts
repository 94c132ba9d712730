import { finished } from 'node:stream/promises';
import type { ImageToKeep } from '../../engine/archives/due';
import type { Engine } from '../../engine/engine';
import { GantryError, messageOf } from '../../engine/model/errors';
import { blobsOf } from '../../engine/ports/images';
import type { World } from '../world';

/** How often blobs that nothing names are looked for, beside each time that an archive was dropped. */
const COLLECT_MS = 24 * 3_600_000;
/** What tells that a blob is lost; one that cannot be read now may be sound, and is looked at again. */
const DAMAGE: readonly string[] = ['artifact-missing', 'artifact-damaged'];
/** A blob younger than this may belong to an image that is just being kept. */
const YOUNG_MS = 3_600_000;

/**
 * Keeps the images of what serves and of the releases before it as bytes of our own, hashes them again each day, and
 * collects what nothing needs any more.
 * @returns one turn of it
 */
export function keepImages(engine: Engine, world: World, predecessors: number): (signal: AbortSignal) => Promise<void> {
  const { clock } = engine.parts;
  let collectedAt = 0;
  return async (signal) => {
    const due = await engine.archives.due(world.cluster.name, predecessors);
    for (const image of due.keep) await keep(engine, world, image, signal);
    await engine.archives.drop(due.drop);
    if (due.drop.length > 0 || clock.now() - collectedAt >= COLLECT_MS) {
      await collect(engine, world);
      collectedAt = clock.now();
    }
    await check(engine, world, due.check, signal);
  };
}

async function keep(engine: Engine, world: World, image: ImageToKeep, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { log, clock } = engine.parts;
  const began = clock.now();
  const attempt = await engine.archives.begin(image);
  const about = { app: image.app, release: image.release, image: image.imageId };
  try {
    const archive = await world.images.keep(image.imageId, await engine.archives.soundBlobs(), signal);
    await engine.archives.end(image, attempt, { archive });
    log.info({ ...about, ms: clock.now() - began }, 'the image of a release is kept');
  } catch (error) {
    // Whoever runs this loop next begins again at once.
    if (signal.aborted) return;
    await engine.archives.end(image, attempt, { failed: messageOf(error) });
    log.warn({ ...about, error: messageOf(error) }, 'the image of a release is not kept');
  }
}

/** Removes what no archive names: blobs of dropped images, and of attempts that came to nothing. */
async function collect(engine: Engine, world: World): Promise<void> {
  const before = engine.parts.clock.now() - YOUNG_MS;
  const named = new Set((await engine.archives.blobs()).map(({ digest }) => digest));
  for await (const { digest, writtenAt } of world.kept.list()) {
    if (!named.has(digest) && writtenAt < before) await world.kept.remove(digest);
  }
  await world.kept.tidy(before);
}

async function check(engine: Engine, world: World, imageIds: readonly string[], signal: AbortSignal): Promise<void> {
  const sound = new Set<string>();
  for (const imageId of imageIds) {
    if (signal.aborted) return;
    const archive = (await engine.archives.find(imageId))?.archive ?? null;
    if (archive === null) continue;
    const digests = blobsOf(archive).map(({ digest }) => digest);
    const damage = await firstDamage(world, digests, sound);
    if (damage === undefined) {
      await engine.archives.noteSound(imageId);
      continue;
    }
    engine.parts.log.error({ image: imageId, blob: damage.digest }, damage.reason);
    await engine.archives.noteDamage(damage.digest, damage.reason);
    // Recorded first: bytes that are no longer what they were are of no use, and stand in the way of good ones.
    await world.kept.remove(damage.digest);
  }
}

async function firstDamage(
  world: World,
  digests: readonly string[],
  sound: Set<string>,
): Promise<{ digest: string; reason: string } | undefined> {
  for (const digest of digests) {
    if (sound.has(digest)) continue;
    try {
      await finished(world.kept.read(digest).resume());
      sound.add(digest);
    } catch (error) {
      if (error instanceof GantryError && DAMAGE.includes(error.code)) return { digest, reason: error.message };
      throw error;
    }
  }
  return undefined;
}
