import type { AppFound } from '../apps/find';
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

/** Was it ever delivered that this commit is the head of the ref, as far as that is still known? */
export async function wasHead(parts: EngineParts, app: AppFound, ref: string, commit: string): Promise<boolean> {
  const apps = [app.id, app.repository_id ?? app.id];
  const delivered = await parts.store.read
    .selectFrom('deliveries')
    .select('id')
    .where('app_id', 'in', apps)
    .where('ref', '=', ref)
    .where('after', '=', commit)
    .limit(1)
    .executeTakeFirst();
  if (delivered !== undefined) return true;
  const head = await parts.store.read
    .selectFrom('ref_heads')
    .select('commit')
    .where('app_id', 'in', apps)
    .where('ref', '=', ref)
    .where('commit', '=', commit)
    .executeTakeFirst();
  return head !== undefined;
}
