import { sql } from 'kysely';
import type { AppId, ReleaseId, RunId } from '../model/ids';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { inTurns, readGuard, selectRuns, toFacts } from './facts';
import { planRuns, type RunVerdict } from './plan-runs';
import { removeRuns } from './remove-runs';
import { type Planned, ROWS_MAX, type Sweep } from './sweep';

type App = { id: AppId; name: string };

/** Runs that are looked at together, at most. */
const PAGE = 20;
const WHY = 'it ended long ago';

/** Removes runs that ended long ago with everything that hangs on them, app by app, the oldest first. */
export async function collectRuns(sweep: Sweep): Promise<void> {
  const { read } = sweep.parts.store;
  for (const app of await read.selectFrom('apps').select(['id', 'name']).orderBy('name').execute()) {
    const floor = await floorOf(read, app.id, sweep.policy.runsMin);
    let after: OldRun | undefined;
    for (;;) {
      const page = await oldRuns(read, app.id, { after, floor, endedBefore: sweep.now - sweep.policy.runs });
      after = page.at(-1);
      if (after === undefined) break;
      const ids = page.map(({ id }) => id);
      await sweep.rows((db) => planPage(db, sweep, app, ids, floor));
    }
  }
}

type OldRun = Pick<Tables['runs'], 'id' | 'created_at'>;

/** The lowest number among the newest runs of an app. */
async function floorOf(db: Reader, appId: AppId, newest: number): Promise<number> {
  const query = db.selectFrom('runs').select('number').where('app_id', '=', appId).orderBy('number', 'desc');
  const rows = await query.limit(newest).execute();
  return rows.at(-1)?.number ?? 0;
}

/** The next runs that may go, the oldest first, as many as one transaction can take. */
async function oldRuns(
  db: Reader,
  appId: AppId,
  which: { after: OldRun | undefined; floor: number; endedBefore: number },
): Promise<OldRun[]> {
  const { created_at: at, id } = which.after ?? { created_at: 0, id: '' };
  const rows = await db
    .selectFrom('runs')
    .select(['id', 'created_at'])
    .where('app_id', '=', appId)
    .where(sql<boolean>`(created_at, id) > (${at}, ${id})`)
    .where('created_at', '<=', which.endedBefore)
    .where('ended_at', '<=', which.endedBefore)
    .where('number', '<', which.floor)
    .orderBy('created_at')
    .orderBy('id')
    .limit(PAGE)
    .execute();
  const sizes = await rowsOf(
    db,
    rows.map((run) => run.id),
  );
  let total = 0;
  return rows.filter(({ id: run }, index) => {
    total += sizes.get(run) ?? 0;
    return index === 0 || total <= ROWS_MAX;
  });
}

/** How many rows hang on each run. */
async function rowsOf(db: Reader, runs: readonly RunId[]): Promise<Map<string, number>> {
  const steps = await inTurns(runs, (ids) =>
    db
      .selectFrom('steps')
      .leftJoin('effects', 'effects.step_id', 'steps.id')
      .select((e) => ['steps.run_id', e.fn.countAll<number>().as('n')])
      .where('steps.run_id', 'in', ids as RunId[])
      .groupBy('steps.run_id')
      .execute(),
  );
  const events = await inTurns(runs, (ids) =>
    db
      .selectFrom('events')
      .select((e) => ['run_id', e.fn.countAll<number>().as('n')])
      .where('run_id', 'in', ids as RunId[])
      .groupBy('run_id')
      .execute(),
  );
  const sizes = new Map<string, number>();
  // A step with one effect is two rows, and one in this count.
  for (const { run_id, n } of steps) sizes.set(run_id, 2 * n);
  for (const { run_id, n } of events) sizes.set(run_id ?? '', (sizes.get(run_id ?? '') ?? 0) + n);
  return sizes;
}

async function planPage(db: Reader, sweep: Sweep, app: App, ids: readonly RunId[], floor: number): Promise<Planned> {
  const batch = (await selectRuns(db).where('runs.id', 'in', ids).orderBy('runs.number').execute()).map(toFacts);
  const guard = await readGuard(db, app.id, sweep.policy.releases);
  const others = await dependants(db, batch, ids);
  const verdicts = planRuns({ batch, others, guard, floor }, sweep.policy, sweep.now);
  for (const verdict of verdicts) if (!verdict.goes) sweep.stays('runs', verdict.why);
  const going = verdicts.filter(({ goes }) => goes).map(({ run }) => run);
  for (const { id, number } of going) sweep.gone.set(id, `${app.name}#${number}`);
  const releases = await releasesMadeBy(
    db,
    going.map(({ id }) => id as RunId),
  );
  return {
    removals: [
      { kind: 'runs', why: WHY, items: going.map(({ id }) => ({ name: sweep.gone.get(id) ?? id, bytes: 0 })) },
      {
        kind: 'releases',
        why: 'the run that made it goes, and nothing leads back to it',
        items: releases.map(({ number }) => ({ name: `${app.name} release ${number}`, bytes: 0 })),
      },
    ],
    remove: (tx) =>
      removeRuns(
        tx,
        going.map(({ id }) => id as RunId),
        releases.map(({ id }) => id),
      ),
  };
}

/** Runs outside of the batch that carry a release which one of it made, and those that one of it took back. */
async function dependants(db: Reader, batch: readonly RunVerdict['run'][], ids: readonly RunId[]) {
  const undone = batch.map(({ undoesRun }) => undoesRun ?? '');
  const made = batch.map(({ makes }) => makes ?? '');
  const rows = [
    ...(await inTurns(made, (part) =>
      selectRuns(db)
        .where('runs.release_id', 'in', part as ReleaseId[])
        .execute(),
    )),
    ...(await inTurns(undone, (part) =>
      selectRuns(db)
        .where('runs.id', 'in', part as RunId[])
        .execute(),
    )),
  ];
  return rows.filter(({ id }) => !ids.includes(id)).map(toFacts);
}

const releasesMadeBy = (db: Reader, runs: readonly RunId[]) =>
  inTurns(runs, (ids) =>
    db
      .selectFrom('releases')
      .select(['id', 'number'])
      .where('run_id', 'in', ids as RunId[])
      .orderBy('number')
      .execute(),
  );
