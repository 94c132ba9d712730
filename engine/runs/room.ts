import { type Expression, sql } from 'kysely';
import { findApp } from '../apps/find';
import { GantryError } from '../model/errors';
import type { AppId } from '../model/ids';
import { RUN_LIMITS } from '../model/run-limits';
import type { EngineParts } from '../parts';
import type { Reader } from '../store/store';

interface Named {
  id: AppId;
  name: string;
}

/**
 * Refuses what would make a queue without end. A way back is never refused: it does not ask here.
 * @throws GantryError `too-many-runs`.
 */
export async function demandRoom(parts: Pick<EngineParts, 'limits'>, db: Reader, app: Named): Promise<void> {
  const { perApp, inAll } = parts.limits ?? RUN_LIMITS;
  if (!(await isRoom(parts, db, `runs of ${app.id}`, perApp, () => openRuns(db).where('app_id', '=', app.id)))) {
    const next = `let some end, or end some: gantry run list ${app.name} --state queued,running,waiting`;
    throw tooMany(`${app.name} has ${perApp} open runs, which is the limit of one app`, next);
  }
  if (!(await isRoom(parts, db, 'runs', inAll, () => openRuns(db)))) {
    throw tooMany(`there are ${inAll} open runs, which is the limit of this Gantry`, 'try again when some have ended');
  }
}

/** The same for a rule that can wait: why no run can be added now; null when one can. */
export async function roomProblem(parts: Pick<EngineParts, 'limits'>, db: Reader, app: Named): Promise<string | null> {
  try {
    await demandRoom(parts, db, app);
    return null;
  } catch (error) {
    if (error instanceof GantryError && error.code === 'too-many-runs') return error.message;
    throw error;
  }
}

/** The same for whoever looks before anything is sent. @throws GantryError `too-many-runs`, `app-unknown`. */
export async function demandRoomFor(parts: EngineParts, appName: string): Promise<void> {
  await demandRoom(parts, parts.store.read, await findApp(parts, appName));
}

/** The same for webhooks that were not followed yet: each may become a run. */
export async function demandRoomForHook(parts: Pick<EngineParts, 'limits'>, db: Reader, app: Named): Promise<void> {
  await demandRoom(parts, db, app);
  const { perApp } = parts.limits ?? RUN_LIMITS;
  const pending = () =>
    db
      .selectFrom('hook_deliveries')
      .select('id')
      .where('app_id', '=', app.id)
      .where('outcome', '=', sql.lit('pending' as const));
  if (!(await isRoom(parts, db, `hooks of ${app.id}`, perApp, pending))) {
    const next = `see what keeps them: gantry app show ${app.name}`;
    throw tooMany(`${app.name} has ${perApp} webhooks that were not followed yet, which is the limit`, next);
  }
}

const openRuns = (db: Reader) => db.selectFrom('runs').select('id').where('ended_at', 'is', null);

/** What is counted, asked for only when it is. */
type Rows = () => { limit(n: number): Expression<unknown> };

/** Processes that may share the room which is left, each without a look at what the others do. */
const SHARED_BY = 10;

/** How many more each process may let in before it counts again. */
const allowances = new WeakMap<object, Map<string, number>>();

/**
 * Counts no further than the limit, and not each time: of the room that was left at the last count, this process may use
 * a tenth, so that ten of them together stay within it. Counting thousands for each webhook takes longer than storing it.
 */
async function isRoom(parts: object, db: Reader, what: string, limit: number, rows: Rows): Promise<boolean> {
  const allowed = allowances.get(parts) ?? new Map<string, number>();
  allowances.set(parts, allowed);
  const left = allowed.get(what) ?? 0;
  if (left > 0) {
    allowed.set(what, left - 1);
    return true;
  }
  const counted = await sql<{ n: number }>`select count(*) as n from (${rows().limit(limit)}) as counted`.execute(db);
  const room = limit - Number(counted.rows[0]?.n);
  allowed.set(what, Math.floor(room / SHARED_BY) - 1);
  return room > 0;
}

const tooMany = (message: string, next: string): GantryError => new GantryError('busy', 'too-many-runs', message, next);
