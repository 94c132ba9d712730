import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import { databaseNow } from '../store/store';
import type { Tables } from '../store/tables';

/** A runner that does not say that it is there for so long is taken for gone. */
export const RUNNER_ALIVE_MS = 15_000;
export const RUNNER_SAYS_MS = 5_000;
/** For how long a runner that is gone is remembered: "the last one was there until …". */
const REMEMBERED_MS = 24 * 3_600_000;

export interface RunnerSaid {
  owner: string;
  cluster: string;
  /** Steps at once. */
  places: number;
  /** It takes only steps of these pools and kinds. */
  pools: readonly string[];
  kinds: readonly string[];
}

/** Names as one text, each between blanks. */
const listed = (names: readonly string[]): string => ` ${names.join(' ')} `;

type Said = Pick<Tables['runners'], 'owner' | 'cluster' | 'places' | 'pools' | 'kinds' | 'started_at'>;
const writeRunner = statement<Said, unknown>((db, argument) => {
  const alive_until = sql<number>`${databaseNow} + ${RUNNER_ALIVE_MS}`;
  const said = { places: argument('places'), pools: argument('pools'), kinds: argument('kinds'), alive_until };
  return db
    .insertInto('runners')
    .values({ owner: argument('owner'), cluster: argument('cluster'), started_at: argument('started_at'), ...said })
    .onConflict((c) => c.column('owner').doUpdateSet(said));
});
const forgetRunners = statement<object, unknown>((db) =>
  db.deleteFrom('runners').where('alive_until', '<', sql<number>`${databaseNow} - ${REMEMBERED_MS}`),
);

/** A runner says that it is there. Others learn it from SQL alone. */
export async function announceRunner(parts: EngineParts, said: RunnerSaid): Promise<void> {
  const { owner, cluster, places } = said;
  const reach = { pools: listed(said.pools), kinds: listed(said.kinds) };
  await parts.store.write(async (tx) => {
    await writeRunner(tx, { owner, cluster, places, ...reach, started_at: parts.clock.now() });
    await forgetRunners(tx, {});
  });
}

/** A runner that stops in order says goodbye, so that nobody waits for it. */
export async function dismissRunner(parts: EngineParts, owner: string): Promise<void> {
  await parts.store.write((tx) =>
    tx.updateTable('runners').set({ alive_until: databaseNow }).where('owner', '=', owner).execute(),
  );
}

/** What is known of the runners now. */
export interface RunnersSeen {
  alive: number;
  /** Steps that all of them can carry at once. */
  places: number;
  /** When the last one was there, ms UTC; null when none was, for a day. */
  lastSeen: number | null;
  /** Those that are alive. */
  owners: string[];
}

/** All runners, or those that take steps of this pool and kind. */
export async function seeRunners(parts: EngineParts, reach?: { pool: string; kind: string }): Promise<RunnersSeen> {
  const known = await parts.store.read
    .selectFrom('runners')
    .select(['owner', 'places', 'pools', 'kinds', 'alive_until'])
    .select(sql<number>`case when alive_until > ${databaseNow} then 1 else 0 end`.as('alive'))
    .execute();
  const rows = reach === undefined ? known : known.filter((row) => reaches(row, reach));
  const alive = rows.filter((row) => row.alive === 1);
  const last = Math.max(0, ...rows.map((row) => row.alive_until));
  return {
    alive: alive.length,
    places: alive.reduce((sum, row) => sum + row.places, 0),
    lastSeen: last === 0 ? null : last,
    owners: alive.map(({ owner }) => owner),
  };
}

/** One of an earlier version does not tell its kinds: it has all that there were. */
const reaches = (said: { pools: string; kinds: string }, { pool, kind }: { pool: string; kind: string }): boolean =>
  said.pools.split(' ').includes(pool) && (said.kinds.trim() === '' || said.kinds.split(' ').includes(kind));
