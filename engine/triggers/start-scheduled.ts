import { lastTime } from '../../pipelines/cron';
import { defaultBranchOf } from '../apps/default-branch';
import { type AppFound, findAppIn } from '../apps/find';
import { headOf, NO_COMMIT } from '../deliveries/accept';
import type { ScheduleCause } from '../model/cause';
import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { createRun } from '../runs/create';
import { PLAN_FIRST } from '../runs/plan-first';
import { roomProblem } from '../runs/room';
import { databaseNow, type Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { nextOf } from './schedule-key';
import { isFull, type Outcome, startEach } from './start-each';

type Schedule = Tables['schedules'];

/** Started later than this, a run says that it makes up for something, ms. */
const LATE_MS = 60_000;
/** So long it is known that a time was served; a clock that goes back further than this is somebody's decision. */
const KEPT_MS = 40 * 24 * 60 * 60_000;
const ACTOR = 'rule:schedule';

/**
 * Starts the runs of schedules that are due, by the database's clock. Of the times that were missed while nobody looked
 * only the last one is made up for. However many do this at once, one time starts one run.
 * @returns how many runs were started
 */
export async function startScheduled(parts: EngineParts): Promise<number> {
  return startEach(parts, await dueSchedules(parts), {
    start: (tx, { app, key }) => startOne(parts, tx, app, key),
    noteFailure: (tx, { app_id, key }, reason) =>
      tx
        .updateTable('schedules')
        .set({ reason })
        .where('app_id', '=', app_id)
        .where('key', '=', key)
        .where('next_at', '<=', databaseNow)
        .execute(),
  });
}

/** Due, or counted by a clock that was ahead of this one. Those of a pipeline that cannot be read are left alone. */
const dueSchedules = (parts: EngineParts): Promise<{ app: string; app_id: AppId; key: string }[]> =>
  parts.store.read
    .selectFrom('schedules as s')
    .innerJoin('apps', 'apps.id', 's.app_id')
    .innerJoin('trigger_looks as t', 't.app_id', 's.app_id')
    .select(['apps.name as app', 's.app_id', 's.key'])
    .where('t.reason', '=', '')
    .where((e) => e.or([e('s.next_at', '<=', databaseNow), e('s.counted_at', '>', databaseNow)]))
    .orderBy('s.next_at')
    .execute();

async function startOne(parts: EngineParts, tx: Tx, name: string, key: string): Promise<Outcome> {
  const app = await findAppIn(tx, name);
  const row = await tx
    .selectFrom('schedules')
    .selectAll()
    .select(databaseNow.as('now'))
    .where('app_id', '=', app.id)
    .where('key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { now, ...schedule } = row;
  const at = schedule.next_at > now ? null : (lastTime(schedule, now) ?? schedule.next_at);
  if (at === null || (await wasServed(tx, schedule, at))) {
    await write(tx, schedule, { next_at: nextOf(schedule, now), counted_at: now });
    return undefined;
  }
  return serve(parts, tx, app, schedule, { at, now });
}

async function serve(
  parts: EngineParts,
  tx: Tx,
  app: AppFound,
  schedule: Schedule,
  { at, now }: { at: number; now: number },
): Promise<Outcome> {
  const next = { next_at: nextOf(schedule, now), counted_at: now };
  const ref = schedule.ref === '' ? await defaultBranchOf(tx, app.id) : `refs/heads/${schedule.ref}`;
  const commit = await headOf(tx, app.id, ref);
  if (commit === NO_COMMIT) {
    await write(tx, schedule, { ...next, last_at: at, last_run: null, reason: `there is no ${ref}` });
    return undefined;
  }
  const full = await roomProblem(parts, tx, app);
  if (full !== null) {
    // It stays due, and is made up for when there is room.
    if (full !== schedule.reason) await write(tx, schedule, { reason: full });
    return isFull;
  }
  const { cron, zone, next_at: due } = schedule;
  const cause: ScheduleCause = {
    ...{ kind: 'schedule', cron, zone, at },
    missedSince: due < at || now - at > LATE_MS ? due : null,
  };
  const { row, hints } = await createRun(parts, tx, app, {
    ...{ trigger: 'schedule', ref, commit, title: '', author: '', startedBy: ACTOR, cause, steps: PLAN_FIRST },
  });
  await noteServed(tx, schedule, at, row.id);
  await write(tx, schedule, { ...next, last_at: at, last_run: row.id, reason: '' });
  return hints;
}

async function wasServed(tx: Tx, { app_id, key }: Schedule, at: number): Promise<boolean> {
  const row = await tx
    .selectFrom('schedule_times')
    .select('run_id')
    .where('app_id', '=', app_id)
    .where('key', '=', key)
    .where('at', '=', at)
    .executeTakeFirst();
  return row !== undefined;
}

async function noteServed(tx: Tx, { app_id, key }: Schedule, at: number, run_id: RunId): Promise<void> {
  await tx.insertInto('schedule_times').values({ app_id, key, at, run_id }).execute();
  await tx
    .deleteFrom('schedule_times')
    .where('app_id', '=', app_id)
    .where('key', '=', key)
    .where('at', '<', at - KEPT_MS)
    .execute();
}

async function write(tx: Tx, { app_id, key }: Schedule, what: Partial<Schedule>): Promise<void> {
  await tx.updateTable('schedules').set(what).where('app_id', '=', app_id).where('key', '=', key).execute();
}
