import { sql } from 'kysely';
import type { ReleasedSpec, ScheduleSpec } from '../../pipelines/types';
import { DEFAULT_BRANCHES } from '../apps/default-branch';
import { recordAudit } from '../audit/record';
import { NO_COMMIT } from '../deliveries/accept';
import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import { databaseNow, type Tx } from '../store/store';
import { keyOf, nextOf } from './schedule-key';

/** An app whose default branch moved since its pipeline was last read for what starts runs. */
export interface AppToLook {
  id: AppId;
  name: string;
  /** Its folder in the repository. */
  path: string;
  repository: string;
  ref: string;
  commit: string;
}

/**
 * What the pipeline at that commit says, or why it cannot be read; `again`: something around it did not answer, and it
 * is looked at once more.
 */
export type TriggersFound =
  | { schedule: readonly ScheduleSpec[]; released: readonly ReleasedSpec[] }
  | { reason: string; again?: boolean };

type Wanted = Exclude<TriggersFound, { reason: string }>;

/** In the place of a commit that is to be looked at again. */
export const NOT_READ = '';
/** Apps are looked at so many at a time; the others follow: when a hundred are pushed at once, their plans come first. */
const BATCH = 16;

/** The apps whose triggers are to be read again. */
export async function appsToLook(parts: EngineParts): Promise<AppToLook[]> {
  const [main, master] = DEFAULT_BRANCHES;
  return (
    parts.store.read
      .selectFrom('ref_heads as h')
      .innerJoin('apps', 'apps.id', 'h.app_id')
      .leftJoin('apps as owner', 'owner.id', 'apps.repository_id')
      .leftJoin('trigger_looks as t', 't.app_id', 'h.app_id')
      .select(['apps.id', 'apps.name', 'apps.path', 'h.ref', 'h.commit'])
      .select((e) => e.fn.coalesce('owner.name', 'apps.name').as('repository'))
      .where('h.commit', '!=', NO_COMMIT)
      .where((e) =>
        e.or([
          e('h.ref', '=', main),
          e.and([
            e('h.ref', '=', master),
            e.not(
              e.exists(
                e
                  .selectFrom('ref_heads as other')
                  .select(sql.lit(1).as('one'))
                  .whereRef('other.app_id', '=', 'h.app_id')
                  .where('other.ref', '=', main)
                  .where('other.commit', '!=', NO_COMMIT),
              ),
            ),
          ]),
        ]),
      )
      .where((e) =>
        e.or([e('t.commit', 'is', null), e('t.commit', '!=', e.ref('h.commit')), e('t.ref', '!=', e.ref('h.ref'))]),
      )
      // Those that cannot be read are looked at each time, and must not keep the others waiting.
      .orderBy((e) => e.fn.coalesce('t.looked_at', sql.lit(0)))
      .limit(BATCH)
      .execute()
  );
}

/** Writes what was read. A schedule that is new begins now; one whose pipeline was refused is not made up for. */
export async function noteTriggers(parts: EngineParts, app: AppToLook, found: TriggersFound): Promise<void> {
  await parts.store.write(async (tx) => {
    const { now } = await tx.selectNoFrom(databaseNow.as('now')).executeTakeFirstOrThrow();
    const before = await tx.selectFrom('trigger_looks').selectAll().where('app_id', '=', app.id).executeTakeFirst();
    const reason = 'reason' in found ? found.reason : '';
    const isRead = !('again' in found && found.again === true);
    const look = { ref: app.ref, commit: isRead ? app.commit : NOT_READ, reason, looked_at: now };
    await tx
      .insertInto('trigger_looks')
      .values({ app_id: app.id, ...look })
      .onConflict((c) => c.column('app_id').doUpdateSet(look))
      .execute();
    const changed = 'reason' in found ? null : await writeFound(tx, app.id, found, now);
    const wasRefused = before !== undefined && before.reason !== '' && before.commit !== NOT_READ;
    if (wasRefused && reason === '') await goOn(tx, app.id, now);
    if (changed === null ? reason === (before?.reason ?? '') : !changed && reason === (before?.reason ?? '')) return;
    await recordAudit(parts, tx, {
      chain: app.name,
      actor: 'rule:triggers',
      action: 'triggers.read',
      object: app.name,
      detail: { commit: app.commit, ref: app.ref, ...('reason' in found ? { reason } : shown(found)) },
    });
  });
}

const shown = ({ schedule, released }: Wanted) => ({
  schedule: schedule.map(keyOf),
  released: released.map(({ app, stage }) => `${app} ${stage}`),
});

/** @returns whether anything is otherwise than before */
async function writeFound(tx: Tx, app: AppId, { schedule, released }: Wanted, now: number): Promise<boolean> {
  const isChanged = await writeReleased(tx, app, released);
  const known = await tx.selectFrom('schedules').select('key').where('app_id', '=', app).execute();
  const keys = new Map(schedule.map((one) => [keyOf(one), one]));
  const gone = known.filter(({ key }) => !keys.has(key));
  for (const { key } of gone)
    await tx.deleteFrom('schedules').where('app_id', '=', app).where('key', '=', key).execute();
  const added = [...keys].filter(([key]) => !known.some((one) => one.key === key));
  for (const [key, { cron, zone, ref }] of added) {
    await tx
      .insertInto('schedules')
      .values({
        ...{ app_id: app, key, cron, zone, ref: ref ?? '' },
        ...{ next_at: nextOf({ cron, zone }, now), counted_at: now, last_at: null, last_run: null, reason: '' },
      })
      .execute();
  }
  return isChanged || gone.length + added.length > 0;
}

async function writeReleased(tx: Tx, app: AppId, released: readonly ReleasedSpec[]): Promise<boolean> {
  const known = await tx.selectFrom('release_triggers').selectAll().where('app_id', '=', app).execute();
  const nameOf = ({ app: of, stage }: ReleasedSpec): string => `${of} ${stage}`;
  const before = new Set(known.map(({ of_app, stage }) => nameOf({ app: of_app, stage })));
  const after = new Map(released.map((one) => [nameOf(one), one]));
  if (before.size === after.size && [...after.keys()].every((name) => before.has(name))) return false;
  await tx.deleteFrom('release_triggers').where('app_id', '=', app).execute();
  for (const { app: of_app, stage } of after.values()) {
    await tx.insertInto('release_triggers').values({ app_id: app, of_app, stage }).execute();
  }
  return true;
}

/** The schedules of an app can be read again: what was due meanwhile was not wanted by anything that could be read. */
async function goOn(tx: Tx, app: AppId, now: number): Promise<void> {
  const due = await tx
    .selectFrom('schedules')
    .selectAll()
    .where('app_id', '=', app)
    .where('next_at', '<=', now)
    .execute();
  for (const { key, cron, zone } of due) {
    await tx
      .updateTable('schedules')
      .set({ next_at: nextOf({ cron, zone }, now), counted_at: now })
      .where('app_id', '=', app)
      .where('key', '=', key)
      .execute();
  }
}
