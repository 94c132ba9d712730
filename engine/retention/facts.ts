import { promotedReleases } from '../archives/due';
import type { AppId, ReleaseId, RunId } from '../model/ids';
import { isFinalRun, RUN_STATES, type RunState } from '../model/states';
import { readTraffic } from '../rollout/traffic';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { type Guard, guardOf, present, type RunFacts } from './guard';
import { idsIn } from './names';

export const OPEN_STATES = (Object.keys(RUN_STATES) as RunState[]).filter((state) => !isFinalRun(state));

/** More values than this in one list of a statement are asked for in turns. */
const LIST_MAX = 500;

/** Reads what keeps things of an app, and what is kept by it. In a transaction nothing comes in between. */
export async function readGuard(db: Reader, appId: AppId, predecessors: number): Promise<Guard> {
  const rows = await db.selectFrom('environments').select(['role', 'traffic']).where('app_id', '=', appId).execute();
  const environments = rows.map(({ role, traffic }) => ({ role, traffic: readTraffic(traffic) }));
  const promoted = (await promotedReleases(db, appId)).map(({ id }) => id);
  const instances = await releasesOfInstances(db, appId);
  const open = await runsWhere(db, appId, { open: true });
  const standing = environments.flatMap(({ traffic }) => [...present(traffic), traffic.previous ?? '']);
  // The newest ones that were stable: more than can be kept of them, since some of them stand.
  const near = [...standing, ...instances, ...promoted.slice(0, predecessors + standing.length + 1)];
  const carriers = await runsWhere(db, appId, { carry: near });
  const undone = await runsWhere(db, appId, { ids: open.map(({ undoesRun }) => undoesRun ?? '') });
  const runs = [...new Map([...open, ...undone, ...carriers].map((run) => [run.id, run])).values()];
  const texts = await textsOf(
    db,
    runs.map(({ id }) => id),
  );
  const named = [...texts.values()].flat().flatMap(idsIn);
  const makers = await makersOf(db, [...near, ...named, ...runs.map(({ releaseId }) => releaseId ?? '')]);
  const placed = await db.selectFrom('places').select('run_id').where('app_id', '=', appId).execute();
  const guard = guardOf({ environments, promoted, predecessors, instances, runs, texts, makers });
  const holding = placed.map(({ run_id }) => [run_id, 'it has a place to itself'] as const);
  return { ...guard, runs: new Map<string, string>([...holding, ...guard.runs]) };
}

async function releasesOfInstances(db: Reader, appId: AppId): Promise<string[]> {
  const homes = db.selectFrom('environments').select('id').where('app_id', '=', appId);
  const query = db.selectFrom('instances').select('release_id').distinct();
  const rows = await query.where('environment_id', 'in', homes).where('state', '!=', 'gone').execute();
  return rows.map(({ release_id }) => release_id);
}

/** Runs of an app that have not ended, that carry one of these releases, or with these ids. */
async function runsWhere(
  db: Reader,
  appId: AppId,
  which: { open: true } | { carry: readonly string[] } | { ids: readonly string[] },
): Promise<RunFacts[]> {
  const base = selectRuns(db).where('runs.app_id', '=', appId);
  if ('open' in which) return (await base.where('runs.state', 'in', OPEN_STATES).execute()).map(toFacts);
  if ('ids' in which) {
    return (await inTurns(which.ids, (ids) => base.where('runs.id', 'in', ids as RunId[]).execute())).map(toFacts);
  }
  const rows = await inTurns(which.carry, (ids) => base.where('runs.release_id', 'in', ids as ReleaseId[]).execute());
  return rows.map(toFacts);
}

/** Runs with the release that each of them made. */
export const selectRuns = (db: Reader) =>
  db
    .selectFrom('runs')
    .leftJoin('releases', 'releases.run_id', 'runs.id')
    .select([
      ...(['runs.id', 'runs.number', 'runs.state', 'runs.ended_at', 'runs.release_id', 'runs.undoes_run'] as const),
      'releases.id as makes',
    ]);

export const toFacts = (
  row: Pick<Tables['runs'], 'id' | 'number' | 'state' | 'ended_at' | 'release_id' | 'undoes_run'> & {
    makes: ReleaseId | null;
  },
): RunFacts => ({
  id: row.id,
  number: row.number,
  state: row.state,
  endedAt: row.ended_at,
  releaseId: row.release_id,
  makes: row.makes,
  undoesRun: row.undoes_run,
});

/** What the steps of these runs were told, and what they said; and what their effects were for. */
export async function textsOf(db: Reader, runs: readonly string[]): Promise<Map<string, string[]>> {
  const steps = await inTurns(runs, (ids) =>
    db
      .selectFrom('steps')
      .select(['run_id', 'spec', 'output'])
      .where('run_id', 'in', ids as RunId[])
      .execute(),
  );
  const effects = await inTurns(runs, (ids) =>
    db
      .selectFrom('steps')
      .innerJoin('effects', 'effects.step_id', 'steps.id')
      .select(['steps.run_id', 'effects.intent as spec', 'effects.observation as output'])
      .where('steps.run_id', 'in', ids as RunId[])
      .execute(),
  );
  const texts = new Map<string, string[]>();
  for (const { run_id, spec, output } of [...steps, ...effects]) {
    texts.set(run_id, [...(texts.get(run_id) ?? []), spec, ...(output === null ? [] : [output])]);
  }
  return texts;
}

async function makersOf(db: Reader, releases: readonly string[]): Promise<Map<string, string>> {
  const rows = await inTurns(releases, (ids) =>
    db
      .selectFrom('releases')
      .select(['id', 'run_id'])
      .where('id', 'in', ids as ReleaseId[])
      .execute(),
  );
  return new Map(rows.map(({ id, run_id }) => [id, run_id]));
}

/** Asks for each value once, a bounded list at a time. */
export async function inTurns<Row>(
  values: readonly string[],
  ask: (part: readonly string[]) => Promise<Row[]>,
): Promise<Row[]> {
  const wanted = [...new Set(values)].filter((value) => value !== '');
  const rows: Row[] = [];
  for (let at = 0; at < wanted.length; at += LIST_MAX) rows.push(...(await ask(wanted.slice(at, at + LIST_MAX))));
  return rows;
}
