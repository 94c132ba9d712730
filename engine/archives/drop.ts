import type { EngineParts } from '../parts';
import { tell } from './keep';

/**
 * Forgets archives that no release needs any more. Their blobs may be collected then; whatever is left is looked at
 * again, since something was about to be removed beside it.
 */
export async function dropArchives(parts: EngineParts, imageIds: readonly string[]): Promise<void> {
  if (imageIds.length === 0) return;
  await parts.store.write(async (tx) => {
    const rows = await tx
      .selectFrom('image_archives')
      .innerJoin('apps', 'apps.id', 'image_archives.app_id')
      .selectAll('image_archives')
      .select('apps.name as app')
      .where('image_id', 'in', [...imageIds])
      .execute();
    await tx
      .deleteFrom('image_archives')
      .where('image_id', 'in', [...imageIds])
      .execute();
    await tx.updateTable('image_archives').set({ checked_at: 0 }).where('state', '=', 'kept').execute();
    for (const { image_id: imageId, app_id: appId, app, release } of rows) {
      await tell(parts, tx, { imageId, appId, app, release }, { image: 'dropped', reason: 'no release needs it' });
    }
  });
}
