import { sql } from 'kysely';
import { findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { type AppId, type FreezeId, newId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { nowOf } from '../store/now';
import { statement } from '../store/statement';
import { databaseNow, type Reader, type Tx } from '../store/store';

export interface FreezeShown {
  id: string;
  /** Null: all apps. */
  app: string | null;
  reason: string;
  begunAt: number;
  begunBy: string;
  until: number;
}

/** Longer than a holiday season is a decision that should be made again. */
export const FREEZE_MS_MAX = 92 * 24 * 3_600_000;

/**
 * From now on nothing changes in gray and production of an app, or of all: steps that would wait until the freeze ends.
 * A way back is never held.
 * @throws GantryError `app-unknown`, `freeze-until`, `reason-needed`.
 */
export async function beginFreeze(
  parts: EngineParts,
  wanted: { app: string | null; until: number; reason: string },
  actor: Actor,
): Promise<FreezeShown> {
  const { until, reason } = wanted;
  if (reason.trim() === '') {
    throw new GantryError('invalid', 'reason-needed', 'a freeze says why', 'say it: --reason TEXT');
  }
  return parts.store.write(async (tx) => {
    const now = await nowOf(tx);
    if (until <= now || until > now + FREEZE_MS_MAX) {
      const message = `a freeze ends in the future, at most ${FREEZE_MS_MAX / 86_400_000} days from now`;
      throw new GantryError('invalid', 'freeze-until', message, 'for example: --until 2026-12-27T08:00Z');
    }
    const app = wanted.app === null ? null : await findAppIn(tx, wanted.app);
    const id = newId<FreezeId>(parts.clock, parts.random);
    const row = { id, app_id: app?.id ?? null, reason, begun_at: now, begun_by: actor, until };
    await tx
      .insertInto('freezes')
      .values({ ...row, ended_at: null, ended_by: null })
      .execute();
    await record(parts, tx, { app: app?.name ?? null, verb: 'begin', id, actor, detail: { until, reason } });
    return { id, app: app?.name ?? null, reason, begunAt: now, begunBy: actor, until };
  });
}

/**
 * Ends the freezes of an app, or those of all apps, before their time.
 * @returns how many have ended
 * @throws GantryError `app-unknown`, `no-freeze`.
 */
export async function endFreeze(parts: EngineParts, wanted: { app: string | null }, actor: Actor): Promise<number> {
  return parts.store.write(async (tx) => {
    const now = await nowOf(tx);
    const app = wanted.app === null ? null : await findAppIn(tx, wanted.app);
    const ended = await tx
      .updateTable('freezes')
      .set({ ended_at: now, ended_by: actor })
      .where('ended_at', 'is', null)
      .where('until', '>', now)
      .where('app_id', app === null ? 'is' : '=', app === null ? null : app.id)
      .returning('id')
      .execute();
    if (ended.length === 0) {
      const which = wanted.app === null ? 'all apps' : wanted.app;
      throw new GantryError('conflict', 'no-freeze', `there is no freeze of ${which}`, 'see them: gantry freeze list');
    }
    for (const { id } of ended) await record(parts, tx, { app: app?.name ?? null, verb: 'end', id, actor, detail: {} });
    return ended.length;
  });
}

interface Told {
  app: string | null;
  verb: 'begin' | 'end';
  id: string;
  actor: Actor;
  detail: Record<string, unknown>;
}

const record = (parts: EngineParts, tx: Tx, { app, verb, id, actor, detail }: Told): Promise<void> =>
  recordAudit(parts, tx, {
    chain: app ?? 'system',
    actor,
    action: `freeze.${verb}`,
    object: app ?? 'all apps',
    detail: { id, ...detail },
  });

/** Freezes in force: of all apps, and of this one; without one, every freeze. Those that last longest first. */
export async function listFreezes(parts: EngineParts, app?: string): Promise<FreezeShown[]> {
  const rows = await inForce(parts.store.read)
    .leftJoin('apps', 'apps.id', 'freezes.app_id')
    .select('apps.name')
    .orderBy('freezes.until', 'desc')
    .execute();
  return rows
    .filter(({ name }) => app === undefined || name === null || name === app)
    .map((row) => ({
      id: row.id,
      app: row.name,
      reason: row.reason,
      begunAt: row.begun_at,
      begunBy: row.begun_by,
      until: row.until,
    }));
}

/** The freeze that holds an app longest; undefined when none does. */
export async function freezeOf(db: Reader, app: AppId): Promise<{ until: number; reason: string } | undefined> {
  const [longest] = await longestOf(db, { app });
  return longest;
}

/** Asked before each step that changes what people meet. */
const longestOf = statement<{ app: AppId }, { until: number; reason: string }>((db, argument) =>
  inForce(db)
    .where(({ eb, or }) => or([eb('freezes.app_id', 'is', null), eb('freezes.app_id', '=', argument('app'))]))
    .orderBy('freezes.until', 'desc')
    .limit(sql.lit(1)),
);

const inForce = (db: Reader) =>
  db
    .selectFrom('freezes')
    .selectAll('freezes')
    .where('freezes.ended_at', 'is', null)
    .where('freezes.until', '>', databaseNow);
