import type { RunState } from '../model/states';
import type { EngineParts } from '../parts';
import type { RunTrigger, Tables } from '../store/tables';
import { type InLine, linesOf } from './line';

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
  /** Number of the run that took its place. */
  supersededBy: number | null;
  /** Where it stands when other runs of the app go first; null when none does. */
  inLine: InLine | null;
}

export const toSummary = (
  row: Tables['runs'],
  app: string,
  { release, inLine }: Pick<RunSummary, 'release' | 'inLine'>,
): RunSummary => ({
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
  supersededBy: row.superseded_by,
  inLine,
});

export interface RunFilter {
  appId?: string;
  /** Only of these apps. */
  appIds?: readonly string[];
  /** At most so many. */
  limit: number;
  states?: readonly RunState[];
  /** Begun at this time (ms UTC) or later. */
  since?: number;
  /** Name of the user who pushed, rolled back or undid. */
  startedBy?: string;
  /** Only what comes after this one in the list. */
  before?: { createdAt: number; id: string };
}

/** Newest first. */
export async function listRunSummaries(parts: EngineParts, filter: RunFilter): Promise<RunSummary[]> {
  const { appIds, ...rest } = filter;
  const rows = appIds === undefined ? await runsQuery(parts, rest).execute() : await runsOf(parts, appIds, rest);
  const lines = await linesOf(
    parts,
    rows.filter(({ state }) => state === 'running' || state === 'queued'),
  );
  return rows.map((row) => toSummary(row, row.app, { release: row.release, inLine: lines.get(row.id) ?? null }));
}

/** App by app, so that each is by an index: one query for several apps would read and sort all of their runs. */
async function runsOf(parts: EngineParts, appIds: readonly string[], filter: RunFilter) {
  const rows = await Promise.all(appIds.map((appId) => runsQuery(parts, { ...filter, appId }).execute()));
  const newestFirst = rows.flat().sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));
  return newestFirst.slice(0, filter.limit);
}

/** By an index whatever is asked for: a page must not cost a look at all runs that there ever were; a test looks. */
export function runsQuery(parts: EngineParts, filter: RunFilter) {
  const { appId, limit, states, since, startedBy, before } = filter;
  let query = parts.store.read
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .leftJoin('releases', 'releases.id', 'runs.release_id')
    .selectAll('runs')
    .select(['apps.name as app', 'releases.number as release'])
    .orderBy('runs.created_at', 'desc')
    .orderBy('runs.id', 'desc')
    .limit(limit);
  if (appId !== undefined) query = query.where('runs.app_id', '=', appId as never);
  if (states !== undefined) query = query.where('runs.state', 'in', states);
  if (since !== undefined) query = query.where('runs.created_at', '>=', since);
  // A push is noted with the bare name of its pusher, all else with the actor.
  if (startedBy !== undefined) query = query.where('runs.started_by', 'in', [startedBy, `user:${startedBy}`]);
  if (before !== undefined) {
    query = query.where(({ eb, refTuple, tuple }) =>
      eb(refTuple('runs.created_at', 'runs.id'), '<', tuple(before.createdAt, before.id as never)),
    );
  }
  return query;
}
