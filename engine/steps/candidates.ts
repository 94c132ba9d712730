import { type Expression, type ExpressionBuilder, type SqlBool, sql } from 'kysely';
import type { AppId, RunId, StepId } from '../model/ids';
import { statement } from '../store/statement';
import { databaseNow, type Reader } from '../store/store';
import type { Tables } from '../store/tables';

/**
 * The queries behind waiting.ts. They run for every step, and four times a second in each idle runner: each finds what
 * it looks for by an index on what is open, however much has ended and however much is waiting.
 */

/** Roles whose steps touch what production's visitors meet: one run per app at a time. */
export const ROLLOUT_ROLES: readonly string[] = ['gray', 'production'];

/**
 * Written out and not bound: with a bound value SQLite cannot use the partial indexes on what is open, and plans the
 * query anew each time that it is run, which takes much longer than the query does.
 */
const READY = sql.lit('ready' as const);
const RUNNING = sql.lit('running' as const);
const OPEN = [READY, RUNNING];
const UNFINISHED = [...OPEN, sql.lit('pending' as const), sql.lit('waiting' as const)];
const ZERO = sql.lit(0);
const ONE = sql.lit(1);
const written = (names: readonly string[]) => names.map((name) => sql.lit(name));

type Pools = readonly string[] | 'all';

export interface Candidate {
  id: StepId;
  run: RunId;
  app: AppId;
  role: string;
  place: string | null;
  priority: number;
  /** 1: its run has the place already. */
  held: 0 | 1;
}

/** An app with something ready or at work. */
export interface OpenApp {
  app: AppId;
  running: number;
  /** Its oldest run that has something ready. */
  oldest: RunId | null;
  /** The highest priority of all open runs; null: none is urgent. */
  urgent: number | null;
}

/** Read off the index alone. */
export const openApps = statement<object, OpenApp>(
  () => sql`select app_id as app, sum(case when state = 'running' then 1 else 0 end) as running,
      min(case when state = 'ready' then run_id end) as oldest,
      (select max(priority) from runs where priority > 0 and ended_at is null) as urgent
    from steps where state in ('ready', 'running') group by app_id`,
);

/** 1: a lease has run out somewhere. What is ready does not match, and is passed over in the index. */
export const lapsedLeases = statement<object, { lapsed: number }>(
  () => sql`select case when min(lease_until) < database_now() then 1 else 0 end as lapsed
    from steps where state in ('ready', 'running') and state = 'running'`,
);

/** One set of statements for each reach and size: few, since sizes are powers of two. */
const byReach = new Map<string, ReturnType<typeof candidatesOf>>();

/** At least `wanted` steps each where there are so many: ways back, and those of one app in the order of their turns. */
export function candidates(kinds: readonly string[], pools: Pools, wanted: number) {
  const size = 2 ** Math.ceil(Math.log2(Math.max(1, wanted)));
  const key = `${String(pools)} ${String(kinds)} ${size}`;
  const known = byReach.get(key) ?? candidatesOf(kinds, pools, sql.lit(size));
  byReach.set(key, known);
  return known;
}

function candidatesOf(kinds: readonly string[], pools: Pools, limit: Expression<number>) {
  return {
    urgent: statement<object, Candidate>((db) =>
      takeable(db, kinds, pools)
        .where(
          'steps.run_id',
          'in',
          db.selectFrom('runs').select('id').where('priority', '>', ZERO).where('ended_at', 'is', null),
        )
        .orderBy('runs.priority', 'desc')
        .orderBy('runs.created_at')
        .orderBy('steps.position')
        .limit(limit),
    ),
    ofApp: statement<{ app: AppId }, Candidate>((db, argument) =>
      takeable(db, kinds, pools)
        .where('steps.app_id', '=', argument('app'))
        .where('runs.priority', '=', ZERO)
        .orderBy('steps.run_id')
        .orderBy('steps.position')
        .limit(limit),
    ),
  };
}

const takeable = (db: Reader, kinds: readonly string[], pools: Pools) =>
  db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .leftJoin('places', (on) =>
      on.onRef('places.app_id', '=', 'steps.app_id').onRef('places.place', '=', 'steps.place'),
    )
    .select((e) => [
      'steps.id',
      'steps.run_id as run',
      'steps.app_id as app',
      'steps.role',
      'steps.place',
      'runs.priority',
      e.case().when('places.run_id', 'is', null).then(ZERO).else(ONE).end().as('held'),
    ])
    .where('steps.state', 'in', OPEN)
    .where((e) =>
      e.or([
        e.and([e('steps.state', '=', READY), e('steps.not_before', '<=', databaseNow)]),
        e.and([e('steps.state', '=', RUNNING), e('steps.lease_until', '<', databaseNow)]),
      ]),
    )
    .where('steps.kind', 'in', written(kinds))
    .$if(pools !== 'all', (query) => query.where('steps.pool', 'in', written(pools as readonly string[])))
    .where((e) => e.or([e('places.run_id', 'is', null), e('places.run_id', '=', e.ref('steps.run_id'))]))
    .where((e) =>
      e.or([e('steps.role', 'not in', written(ROLLOUT_ROLES)), e('runs.priority', '>', ZERO), e.not(otherRollsOut(e))]),
    )
    .where((e) =>
      e.or([
        e('steps.turn', 'is', null),
        e('steps.turn', '!=', sql.lit('strict' as const)),
        // Its run is in the place already: nobody goes before it any more.
        e('places.run_id', 'is not', null),
        e('runs.holds_rollout', '=', ONE),
        e('steps.epoch', '>', ZERO),
        e.not(olderComes(e)),
      ]),
    );

type Both = ExpressionBuilder<Pick<Tables, 'runs' | 'steps'>, 'runs' | 'steps'>;

/** A rollback never waits for the run that it takes back; everybody else does. */
const otherRollsOut = (e: Both): Expression<SqlBool> =>
  e.exists(
    e
      .selectFrom('runs as other')
      .select('other.id')
      .whereRef('other.app_id', '=', 'runs.app_id')
      .whereRef('other.id', '!=', 'runs.id')
      .where('other.holds_rollout', '=', ONE),
  );

/** An earlier run of the ref is still on its way to, or through, the same place. */
const olderComes = (e: Both): Expression<SqlBool> =>
  e.exists(
    e
      .selectFrom('runs as older')
      .select('older.id')
      .whereRef('older.app_id', '=', 'runs.app_id')
      .whereRef('older.ref', '=', 'runs.ref')
      .whereRef('older.number', '<', 'runs.number')
      .where('older.ended_at', 'is', null)
      .where('older.priority', '=', ZERO)
      .where((o) =>
        o.or([
          o('older.pipeline_hash', 'is', null),
          o.exists(
            o
              .selectFrom('steps as its')
              .select('its.id')
              .whereRef('its.run_id', '=', 'older.id')
              .whereRef('its.place', '=', 'steps.place')
              .where('its.state', 'in', UNFINISHED),
          ),
        ]),
      ),
  );
