import type { RunState } from '../model/states';
import type { EngineParts } from '../parts';
import type { RunTrigger, Tables } from '../store/tables';

/** A run on one line of a list. Times are milliseconds UTC. */
export interface RunSummary {
  app: string;
  number: number;
  id: string;
  trigger: RunTrigger;
  ref: string;
  commit: string;
  title: string;
  author: string;
  startedBy: string;
  state: RunState;
  reason: string;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** Number of its release in the app; null before it was sealed. */
  release: number | null;
}

export const toSummary = (row: Tables['runs'], app: string, release: number | null): RunSummary => ({
  app,
  number: row.number,
  id: row.id,
  trigger: row.trigger,
  ref: row.ref,
  commit: row.commit,
  title: row.title,
  author: row.author,
  startedBy: row.started_by,
  state: row.state,
  reason: row.reason,
  createdAt: row.created_at,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  release,
});

/** Newest first, at most `limit`; of one app when asked. */
export async function listRunSummaries(
  parts: EngineParts,
  filter: { appId?: string; limit: number },
): Promise<RunSummary[]> {
  let query = parts.store.read
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .leftJoin('releases', 'releases.id', 'runs.release_id')
    .selectAll('runs')
    .select(['apps.name as app', 'releases.number as release'])
    .orderBy('runs.created_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(filter.limit);
  if (filter.appId !== undefined) query = query.where('runs.app_id', '=', filter.appId as never);
  return (await query.execute()).map((row) => toSummary(row, row.app, row.release));
}
