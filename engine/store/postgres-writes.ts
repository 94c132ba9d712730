import { setTimeout as wait } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import { GantryError } from '../model/errors';
import { isLost } from './postgres-errors';
import type { Tables } from './tables';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;

/** How long it is asked whether a commit counted, after its connection broke, ms; and how often. */
const RESOLVE_MS = 10_000;
const ASK_MS = 100;

/** What a transaction is called, so that a new connection can be asked what became of it. */
interface Begun {
  xid: string;
  /** Changes when a standby takes over: its numbers are not ours. */
  timeline: string;
}

/** Advisory locks of Gantry in its database, by number; anything else of them is free. */
const WRITER = 1;

/** Waits until no other transaction writes, and names this one. */
async function begin(tx: Tx): Promise<Begun> {
  const { rows } = await sql<Begun>`select pg_advisory_xact_lock(${sql.lit(WRITER)}) as locked,
    pg_current_xact_id()::text as xid, left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline`.execute(tx);
  const [begun] = rows;
  if (begun === undefined) throw new Error('PostgreSQL gave the transaction no number');
  return begun;
}

/**
 * One transaction that has the database to itself for writing, as on SQLite (docs/decisions/0015). When the connection
 * breaks while it commits, the server is asked what became of it.
 * @throws GantryError `commit-unknown` when nobody can tell
 */
export async function transactAlone<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  let begun: Begun | undefined;
  let done: { answer: T } | undefined;
  try {
    return await db.transaction().execute(async (tx) => {
      begun = await begin(tx);
      const answer = await work(tx);
      done = { answer };
      return answer;
    });
  } catch (error) {
    if (begun === undefined || done === undefined || !isLost(error)) throw error;
    if (await counted(db, begun)) return done.answer;
    throw error;
  }
}

/** Whether a transaction whose connection broke during its commit was committed. */
async function counted(db: Db, begun: Begun): Promise<boolean> {
  let cause: unknown;
  for (const until = Date.now() + RESOLVE_MS; Date.now() < until; await wait(ASK_MS)) {
    try {
      const found = await ask(db, begun);
      if (found === 'committed') return true;
      if (found === 'aborted') return false;
      if (found === 'elsewhere') break;
    } catch (error) {
      cause = error; // away, with no place for one more connection, or not yet back from its recovery
    }
  }
  throw new GantryError(
    'unavailable',
    'commit-unknown',
    'the connection to PostgreSQL broke while it committed, and nobody could tell whether it had',
    'look whether it was done before you ask again; a push or a hook may simply be sent again',
    { cause },
  );
}

async function ask(db: Db, { xid, timeline }: Begun): Promise<string> {
  const { rows } = await sql<{ status: string | null; timeline: string }>`select
    case when left(pg_walfile_name(pg_current_wal_lsn()), 8) = ${timeline} then pg_xact_status(${xid}::xid8) end as status,
    left(pg_walfile_name(pg_current_wal_lsn()), 8) as timeline`.execute(db);
  const [found] = rows;
  return found?.timeline === timeline ? (found.status ?? 'elsewhere') : 'elsewhere';
}
