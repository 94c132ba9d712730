import { nextTime } from '../../pipelines/cron';
import type { ReleasedSpec } from '../../pipelines/types';
import { defaultBranchOf } from '../apps/default-branch';
import { findApp } from '../apps/find';
import type { ReleasedCause } from '../model/cause';
import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';
import type { Tables } from '../store/tables';
import { NOT_READ } from './look';

/** What starts runs of an app by itself. Times are milliseconds UTC. */
export interface TriggersShown {
  app: string;
  /** The default branch, whose pipeline says all of it. */
  ref: string;
  /** The commit that was read; null before the first time. */
  commit: string | null;
  /** Why nothing starts by itself now; empty when it does. */
  reason: string;
  schedules: ScheduleShown[];
  released: ReleasedSpec[];
  /** The newest releases that it followed, or was to follow. */
  followed: FollowedShown[];
}

export interface ScheduleShown {
  cron: string;
  zone: string;
  /** Name of the branch; null: the default branch. */
  ref: string | null;
  /** The times to come, the first one first; none while it is disabled. */
  next: number[];
  lastAt: number | null;
  /** Number of the run that was started then; null when none was. */
  lastRun: number | null;
  /** Why the last time started no run, or waits; empty when it did. */
  reason: string;
}

export interface FollowedShown {
  app: string;
  stage: string;
  release: number;
  state: Tables['release_followers']['state'];
  reason: string;
  run: number | null;
  at: number;
}

const TIMES_SHOWN = 3;
const FOLLOWED_SHOWN = 20;

/** @throws GantryError `app-unknown`. */
export async function showTriggers(parts: EngineParts, name: string): Promise<TriggersShown> {
  const app = await findApp(parts, name);
  const { read } = parts.store;
  const look = await read.selectFrom('trigger_looks').selectAll().where('app_id', '=', app.id).executeTakeFirst();
  const released = await read
    .selectFrom('release_triggers')
    .select(['of_app as app', 'stage'])
    .where('app_id', '=', app.id)
    .orderBy('of_app')
    .orderBy('stage')
    .execute();
  const reason = look?.reason ?? '';
  return {
    app: app.name,
    ref: await defaultBranchOf(read, app.id),
    commit: look === undefined || look.commit === NOT_READ ? null : look.commit,
    reason,
    schedules: await schedulesOf(parts, app.id, reason === ''),
    released,
    followed: await followedBy(parts, app.id),
  };
}

async function schedulesOf(parts: EngineParts, app: AppId, isOn: boolean): Promise<ScheduleShown[]> {
  const rows = await parts.store.read
    .selectFrom('schedules as s')
    .leftJoin('runs', 'runs.id', 's.last_run')
    .select(['s.cron', 's.zone', 's.ref', 's.last_at', 's.next_at', 's.reason', 'runs.number'])
    .select(databaseNow.as('now'))
    .where('s.app_id', '=', app)
    .orderBy('s.next_at')
    .orderBy('s.key')
    .execute();
  return rows.map((row) => ({
    cron: row.cron,
    zone: row.zone,
    ref: row.ref === '' ? null : row.ref,
    next: isOn ? timesFrom(row) : [],
    lastAt: row.last_at,
    lastRun: row.number,
    reason: row.reason,
  }));
}

/** From now on: what is due already is being started. */
function timesFrom({ now, ...times }: { cron: string; zone: string; now: number }): number[] {
  const found: number[] = [];
  for (let at = nextTime(times, now); at !== null && found.length < TIMES_SHOWN; at = nextTime(times, at))
    found.push(at);
  return found;
}

async function followedBy(parts: EngineParts, app: AppId): Promise<FollowedShown[]> {
  const rows = await parts.store.read
    .selectFrom('release_followers as f')
    .leftJoin('runs', 'runs.id', 'f.run_id')
    .select(['f.cause', 'f.state', 'f.reason', 'f.told_at', 'runs.number'])
    .where('f.app_id', '=', app)
    .orderBy('f.told_at', 'desc')
    .limit(FOLLOWED_SHOWN)
    .execute();
  return rows.map(({ cause, state, reason, told_at, number }) => {
    const { app: of, stage, release } = JSON.parse(cause) as ReleasedCause;
    return { app: of, stage, release, state, reason, run: number, at: told_at };
  });
}
