import { recordAudit } from '../audit/record';
import type { Environment } from '../environments/find';
import type { EngineParts } from '../parts';
import { liftHold } from './hold';

/**
 * Somebody has compared the restored records with the world: from now on the records count again. The gateway refuses
 * what is older than what it follows, so that each environment that had gone on since the backup gets a version above.
 * Kept images are looked at next: their bytes may not have come back with the records.
 * @param followed the versions that the gateway follows now, by environment
 */
export async function confirmRestore(
  parts: EngineParts,
  actor: string,
  followed: ReadonlyMap<Environment['id'], number>,
): Promise<void> {
  await parts.store.write(async (tx) => {
    const raised: Record<string, number> = {};
    for (const [id, version] of followed) {
      const row = await tx
        .updateTable('environments')
        .set({ version: version + 1 })
        .where('id', '=', id)
        .where('version', '<', version)
        .returning(['host'])
        .executeTakeFirst();
      if (row !== undefined) raised[row.host] = version + 1;
    }
    await tx.updateTable('image_archives').set({ checked_at: 0 }).where('state', '=', 'kept').execute();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor,
      action: 'restore.confirm',
      object: 'records',
      detail: { raised },
    });
  });
  await liftHold(parts, 'restore');
}
