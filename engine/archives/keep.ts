import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { type ImageArchive, sizeOf } from '../ports/images';
import type { Tx } from '../store/store';
import type { ImageToKeep } from './due';

/** Pause before an image that could not be kept is tried again: doubled each time, up to an hour. */
const FIRST_RETRY_MS = 60_000;
const LAST_RETRY_MS = 3_600_000;

/** What became of an attempt to keep an image. */
export type Keeping = { archive: ImageArchive } | { failed: string };

/**
 * Writes down that an image's bytes are about to be taken.
 * @returns the number of the attempt; a result is only taken from the newest one
 */
export async function beginKeeping(parts: EngineParts, image: ImageToKeep): Promise<number> {
  const row = {
    image_id: image.imageId,
    app_id: image.appId,
    release: image.release,
    state: 'keeping' as const,
    reason: '',
    attempt: 1,
    failures: 0,
    not_before: 0,
    archive: null,
    size: 0,
    kept_at: null,
    checked_at: null,
  };
  const begun = await parts.store.write((tx) =>
    tx
      .insertInto('image_archives')
      .values(row)
      .onConflict((c) =>
        c.column('image_id').doUpdateSet((e) => ({
          state: 'keeping' as const,
          attempt: e('image_archives.attempt', '+', 1),
        })),
      )
      .returning('attempt')
      .executeTakeFirstOrThrow(),
  );
  return begun.attempt;
}

/** Records the result of an attempt. Nothing happens when another one has begun since. */
export async function endKeeping(parts: EngineParts, image: ImageToKeep, attempt: number, end: Keeping): Promise<void> {
  const now = parts.clock.now();
  await parts.store.write(async (tx) => {
    const before = await tx
      .selectFrom('image_archives')
      .select(['reason', 'failures'])
      .where('image_id', '=', image.imageId)
      .where('state', '=', 'keeping')
      .where('attempt', '=', attempt)
      .executeTakeFirst();
    if (before === undefined) return;
    const set = 'archive' in end ? keptNow(end.archive, now) : failedNow(end.failed, before.failures + 1, now);
    await tx.updateTable('image_archives').set(set).where('image_id', '=', image.imageId).execute();
    // The same trouble again is no news.
    if (set.state === 'failed' && before.reason === set.reason) return;
    await tell(parts, tx, image, { image: set.state, reason: set.reason });
  });
}

const keptNow = (archive: ImageArchive, now: number) => ({
  ...{ state: 'kept' as const, reason: '', failures: 0, archive: canonical(archive), size: sizeOf(archive) },
  ...{ kept_at: now, checked_at: now },
});

const failedNow = (reason: string, failures: number, now: number) => ({
  ...{ state: 'failed' as const, reason, failures },
  not_before: now + Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 16), LAST_RETRY_MS),
});

/** What happened to the bytes of a release, for people who follow it and for those who ask later. */
export async function tell(
  parts: EngineParts,
  tx: Tx,
  image: ImageToKeep,
  what: { image: string; reason: string },
): Promise<void> {
  await emit(parts, tx, { app: image.appId, run: null, type: 'release', data: { number: image.release, ...what } });
  await recordAudit(parts, tx, {
    chain: image.app,
    actor: 'rule:keep-images',
    action: `release.image-${what.image}`,
    object: `${image.app} release ${image.release}`,
    detail: { image: image.imageId, reason: what.reason },
  });
}
