import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';

export interface EventRecord {
  /** Resume from here: `since(id)` gives what came after. */
  id: number;
  app: string;
  appId: string;
  run: { id: string; number: number } | null;
  seq: number;
  at: number;
  type: string;
  data: Record<string, unknown>;
}

/** Events after `id`, oldest first, at most `limit`; of one run or some apps when asked. */
export async function eventsSince(
  parts: EngineParts,
  after: number,
  filter: { runId?: string; appIds?: readonly string[]; limit: number },
): Promise<EventRecord[]> {
  if (filter.appIds?.length === 0) return [];
  let query = parts.store.read
    .selectFrom('events')
    .innerJoin('apps', 'apps.id', 'events.app_id')
    .leftJoin('runs', 'runs.id', 'events.run_id')
    .select([
      'events.id',
      'events.seq',
      'events.at',
      'events.type',
      'events.data',
      'events.run_id',
      'events.app_id',
      'apps.name as app',
      'runs.number',
    ])
    .where('events.id', '>', after)
    .orderBy('events.id')
    .limit(filter.limit);
  if (filter.runId !== undefined) query = query.where('events.run_id', '=', filter.runId as never);
  if (filter.appIds !== undefined) query = query.where('events.app_id', 'in', filter.appIds as AppId[]);
  const rows = await query.execute();
  return rows.map((row) => ({
    id: row.id,
    app: row.app,
    appId: row.app_id,
    run: row.run_id === null ? null : { id: row.run_id, number: row.number ?? 0 },
    seq: row.seq,
    at: row.at,
    type: row.type,
    data: JSON.parse(row.data) as Record<string, unknown>,
  }));
}

/** The id of the newest event; 0 when there is none. */
export const newestEvent = (parts: EngineParts): Promise<number> => newestEventIn(parts.store.read);

/** The same inside a transaction of the caller. */
export async function newestEventIn(db: Reader | Tx): Promise<number> {
  const row = await db
    .selectFrom('events')
    .select((e) => e.fn.max('id').as('id'))
    .executeTakeFirst();
  return Number(row?.id ?? 0);
}
