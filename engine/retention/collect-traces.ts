import { sql } from 'kysely';
import type { AppId } from '../model/ids';
import { isFinalRun } from '../model/states';
import type { Reader } from '../store/store';
import { readGuard } from './facts';
import type { Guard } from './guard';
import { idAt } from './names';
import { NOTHING, type Planned, ROWS_MAX, type Sweep } from './sweep';

/**
 * Removes what pages and command line follow of runs that ended long ago. The oldest come first; what is still
 * referenced is passed by.
 */
export async function collectEvents(sweep: Sweep): Promise<void> {
  // Events never outlive their run.
  const before = sweep.now - Math.min(sweep.policy.events, sweep.policy.runs);
  const guards = new Map<AppId, Guard>();
  for (let after = 0, isOld = true; isOld; ) {
    const found = await nextEvents(sweep.parts.store.read, after);
    const page = found.filter(({ at }) => at < before);
    // They stand in the order in which they happened: looking further would read all of them.
    isOld = page.length === ROWS_MAX;
    after = found.at(-1)?.id ?? after;
    for (const { app_id } of page) {
      if (!guards.has(app_id))
        guards.set(app_id, await readGuard(sweep.parts.store.read, app_id, sweep.policy.releases));
    }
    const going = page.filter(({ run_id, app_id, state, ended_at }) => {
      if (run_id === null || state === null) return true;
      return isFinalRun(state) && (ended_at ?? before) < before && guards.get(app_id)?.runs.has(run_id) !== true;
    });
    const ids = going.map(({ id }) => id);
    if (ids.length === 0) continue;
    await sweep.rows(async () => ({
      removals: [{ kind: 'events', why: 'they are old', items: ids.map((id) => ({ name: String(id), bytes: 0 })) }],
      remove: async (tx) => void (await tx.deleteFrom('events').where('id', 'in', ids).execute()),
    }));
  }
}

const nextEvents = (db: Reader, after: number) =>
  db
    .selectFrom('events')
    .leftJoin('runs', 'runs.id', 'events.run_id')
    .select(['events.id', 'events.at', 'events.run_id', 'events.app_id', 'runs.state', 'runs.ended_at'])
    .where('events.id', '>', after)
    .orderBy('events.id')
    .limit(ROWS_MAX)
    .execute();

/** Removes accepted pushes and hooks whose run is gone, or that never led to one. */
export async function collectDeliveries(sweep: Sweep): Promise<void> {
  for (const table of ['deliveries', 'hook_deliveries'] as const) {
    await untilNone(sweep, async (db, after) => {
      const page = await oldDeliveries(db, table, after, sweep.now - sweep.policy.deliveries);
      const isOver = ({ run_id, run, outcome }: (typeof page)[number]) =>
        outcome !== 'pending' && (run === null || sweep.gone.has(run_id ?? ''));
      const ids = page.filter(isOver).map(({ id }) => id);
      return {
        last: page.at(-1)?.id,
        removals: [{ kind: 'deliveries', why: 'they are old, and no run came of them that stays', items: named(ids) }],
        remove: async (tx) => {
          if (ids.length > 0)
            await tx
              .deleteFrom(table)
              .where('id', 'in', ids as never[])
              .execute();
        },
      };
    });
  }
}

interface OldDelivery {
  id: string;
  run_id: string | null;
  outcome: string;
  /** Its run; null when that is gone, or never was. */
  run: string | null;
}

async function oldDeliveries(db: Reader, table: string, after: string, before: number): Promise<OldDelivery[]> {
  const found = await sql<OldDelivery>`
    select delivery.id, delivery.run_id, delivery.outcome, runs.id as run
    from ${sql.table(table)} as delivery left join runs on runs.id = delivery.run_id
    where delivery.received_at < ${before} and delivery.id > ${after} and delivery.id < ${idAt(before)}
    order by delivery.id limit ${ROWS_MAX}`.execute(db);
  return found.rows;
}

/** Removes records of instances that are gone, with the looks into them. */
export async function collectInstances(sweep: Sweep): Promise<void> {
  const before = sweep.now - sweep.policy.instances;
  await untilNone(sweep, async (db, after) => {
    const rows = await db
      .selectFrom('instances')
      .select(['id', 'name'])
      .where('state', '=', 'gone')
      .where('ended_at', '<', before)
      .where('id', '>', after as never)
      .where('id', '<', idAt(before) as never)
      .orderBy('id')
      .limit(ROWS_MAX / 5)
      .execute();
    const ids = rows.map(({ id }) => id);
    return {
      last: ids.at(-1),
      removals: [{ kind: 'instances', why: 'they are gone', items: named(rows.map(({ name }) => name)) }],
      remove: async (tx) => {
        await tx.deleteFrom('instance_sessions').where('instance_id', 'in', ids).execute();
        await tx.deleteFrom('instances').where('id', 'in', ids).execute();
      },
    };
  });
}

/** Removes lists of users that no route, pipeline or step names. */
export async function collectLists(sweep: Sweep): Promise<void> {
  const { read } = sweep.parts.store;
  for (let page = await oldLists(sweep, ''); page.length > 0; page = await oldLists(sweep, page.at(-1) ?? '')) {
    for (const id of page) {
      // This reads every text there is, so not while others wait to write, unless the list is found to be free.
      if (await isNamed(read, id)) continue;
      await sweep.rows(async (db) => {
        if (await isNamed(db, id)) return NOTHING;
        return {
          removals: [{ kind: 'lists', why: 'nothing names them', items: named([id]) }],
          remove: async (tx) => void (await tx.deleteFrom('user_lists').where('id', '=', id).execute()),
        };
      });
    }
  }
}

async function oldLists(sweep: Sweep, after: string): Promise<string[]> {
  const rows = await sweep.parts.store.read
    .selectFrom('user_lists')
    .select('id')
    .where('created_at', '<', sweep.now - sweep.policy.runs)
    .where('id', '>', after)
    .orderBy('id')
    .limit(ROWS_MAX)
    .execute();
  return rows.map(({ id }) => id);
}

/** Looked for as a text: wherever it stands, it stays. */
async function isNamed(db: Reader, id: string): Promise<boolean> {
  const like = `%${id}%`;
  const found = await sql`
    select 1 from environments where traffic like ${like}
    union all select 1 from releases where record like ${like}
    union all select 1 from runs where plan like ${like}
    union all select 1 from steps where spec like ${like} or output like ${like}
    limit 1`.execute(db);
  return found.rows.length > 0;
}

/** Passes of retention itself. */
export async function forgetPasses(sweep: Sweep): Promise<void> {
  if (sweep.dry) return;
  const before = sweep.now - sweep.policy.events;
  await sweep.parts.store.write((tx) => tx.deleteFrom('retention_passes').where('ended_at', '<', before).execute());
}

const named = (names: readonly string[]) => names.map((name) => ({ name, bytes: 0 }));

/** Page by page, each in one transaction, until there is no next one. */
async function untilNone(
  sweep: Sweep,
  plan: (db: Reader, after: string) => Promise<Planned & { last: string | undefined }>,
): Promise<void> {
  for (let after: string | undefined = ''; after !== undefined; ) {
    const from: string = after;
    await sweep.rows(async (db) => {
      const page = await plan(db, from);
      after = page.last;
      return page.last === undefined ? NOTHING : page;
    });
  }
}
