import type { EngineParts } from '../parts';
import { blobsOf } from '../ports/images';
import type { Tx } from '../store/store';
import { toArchive } from './find';
import { tell } from './keep';

/** Notes that every blob of an image was just seen to be what it was. */
export async function noteSound(parts: EngineParts, imageId: string): Promise<void> {
  await parts.store.write((tx) =>
    tx.updateTable('image_archives').set({ checked_at: parts.clock.now() }).where('image_id', '=', imageId).execute(),
  );
}

/**
 * Notes that a blob is gone or was changed: every image that has it is damaged from now on, and is taken again at once.
 * @param reason a sentence
 */
export async function noteDamage(parts: EngineParts, digest: string, reason: string): Promise<void> {
  await parts.store.write(async (tx) => {
    for (const row of await rowsWith(tx, digest)) {
      await tx
        .updateTable('image_archives')
        .set({ state: 'damaged', reason, not_before: 0 })
        .where('image_id', '=', row.image_id)
        .execute();
      const image = { imageId: row.image_id, appId: row.app_id, app: row.app, release: row.release };
      await tell(parts, tx, image, { image: 'damaged', reason });
    }
  });
}

async function rowsWith(tx: Tx, digest: string) {
  const rows = await tx
    .selectFrom('image_archives')
    .innerJoin('apps', 'apps.id', 'image_archives.app_id')
    .selectAll('image_archives')
    .select('apps.name as app')
    .where('image_archives.state', '=', 'kept')
    .execute();
  return rows.filter((row) => {
    const { archive } = toArchive(row);
    return archive !== null && blobsOf(archive).some((blob) => blob.digest === digest);
  });
}
