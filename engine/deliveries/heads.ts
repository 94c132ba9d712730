import type { EngineParts } from '../parts';

/** The last delivered commit of each ref of an app; `NO_COMMIT` for one that was deleted. */
export async function deliveredHeads(parts: EngineParts, appId: string): Promise<Map<string, string>> {
  const rows = await parts.store.read
    .selectFrom('ref_heads')
    .select(['ref', 'commit'])
    .where('app_id', '=', appId as never)
    .execute();
  return new Map(rows.map((row) => [row.ref, row.commit]));
}
