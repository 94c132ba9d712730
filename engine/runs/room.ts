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
  if (await isReached(openRuns(db).where('app_id', '=', app.id), perApp)) {
    const next = `let some end, or end some: gantry run list ${app.name} --state queued,running,waiting`;
    throw tooMany(`${app.name} has ${perApp} open runs, which is the limit of one app`, next);
  }
  if (await isReached(openRuns(db), inAll)) {
    throw tooMany(`there are ${inAll} open runs, which is the limit of this Gantry`, 'try again when some have ended');
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
  const pending = db.selectFrom('hook_deliveries').select('id').where('app_id', '=', app.id);
  if (await isReached(pending.where('outcome', '=', 'pending'), perApp)) {
    const next = `see what keeps them: gantry app show ${app.name}`;
    throw tooMany(`${app.name} has ${perApp} webhooks that were not followed yet, which is the limit`, next);
  }
}

const openRuns = (db: Reader) => db.selectFrom('runs').select('id').where('ended_at', 'is', null);

interface Countable {
  limit(n: number): { offset(n: number): { executeTakeFirst(): Promise<object | undefined> } };
}

/** Looks no further than the limit. */
async function isReached(query: Countable, limit: number): Promise<boolean> {
  return (
    (await query
      .limit(1)
      .offset(limit - 1)
      .executeTakeFirst()) !== undefined
  );
}

const tooMany = (message: string, next: string): GantryError => new GantryError('busy', 'too-many-runs', message, next);
