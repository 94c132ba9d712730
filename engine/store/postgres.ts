import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { Pool, type PoolClient, types } from 'pg';
import { GantryError } from '../model/errors';
import { isFull, isUseless, translate } from './postgres-errors';
import { keptNameOf } from './statement';
import type { Tables } from './tables';

/** Connections of one process at most: one writes, the others read or wait for the writer. */
const POOL_SIZE = 10;
/** How long a transaction or a read waits for a connection before it gives up, ms. */
const CONNECT_WAIT_MS = 5_000;
/** How long a transaction waits for another process's lock before it gives up, ms. */
const LOCK_WAIT_MS = 10_000;
/** How long one statement may take on the server, ms; ours take milliseconds, a migration more. */
const STATEMENT_LIMIT_MS = 30_000;
/** When the server says nothing at all for so long, the connection counts as broken, ms. */
const SILENCE_LIMIT_MS = 35_000;
/** A process that was stopped or lost in a transaction holds its locks so long at most, ms. */
const IDLE_IN_TRANSACTION_MS = 5_000;

/** A connection that nobody has used for so long is given back: other processes may want it, ms. */
const IDLE_MS = 5_000;

const [BOOLEAN, BIGINT, NUMERIC] = [16, 20, 1700];

/**
 * Connects when it is first used. Both databases say the same to whoever reads: whole numbers are numbers, booleans
 * 0 or 1.
 * @param url `postgres://user:password@host:port/database?sslmode=verify-full`
 * @throws GantryError `database-url`
 */
export function openPostgres(url: string): Kysely<Tables> {
  return new Kysely<Tables>({ dialect: new PostgresDialect({ pool: patient(makePool(url)) }) });
}

function makePool(url: string): Pool {
  try {
    const pool = new Pool({
      connectionString: url,
      application_name: 'gantry',
      max: POOL_SIZE,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_WAIT_MS,
      lock_timeout: LOCK_WAIT_MS,
      statement_timeout: STATEMENT_LIMIT_MS,
      query_timeout: SILENCE_LIMIT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      keepAlive: true,
      types: { getTypeParser: parserOf as typeof types.getTypeParser },
    });
    // A connection that breaks while nobody uses it is replaced; whoever uses one is told by the query.
    pool.on('error', () => undefined);
    return pool;
  } catch {
    // The driver's own words hold the address, and that the password.
    throw new GantryError('invalid', 'database-url', 'the address in GANTRY_DATABASE_URL cannot be read', URL_HELP);
  }
}

const URL_HELP = 'write it as postgres://user:password@host:5432/database, with %-escapes in the password';

function parserOf(type: number, format?: 'text' | 'binary'): (value: string) => unknown {
  if (type === BIGINT || type === NUMERIC) return Number;
  if (type === BOOLEAN) return (value) => (value === 't' ? 1 : 0);
  return types.getTypeParser(type, format);
}

/** What Kysely uses of a pool and of its connections, with our waiting and our words for what goes wrong. */
function patient(pool: Pool): PostgresPool {
  const guarded = new WeakMap<PoolClient, PostgresPoolClient>();
  return {
    options: pool.options,
    connect: async () => {
      const client = await connect(pool);
      const known = guarded.get(client) ?? guard(client);
      guarded.set(client, known);
      return known;
    },
    end: () => pool.end(),
  } as PostgresPool;
}

/** A server that has no place for one more connection gets time to free one: ours are given back all the while. */
async function connect(pool: Pool): Promise<PoolClient> {
  const until = Date.now() + CONNECT_WAIT_MS;
  for (let pause = 10; ; pause = Math.min(pause * 2, 250)) {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isFull(error) || Date.now() > until) throw translate(error);
      await wait(pause);
    }
  }
}

function guard(client: PoolClient): PostgresPoolClient {
  let broken = false;
  client.on('error', () => {
    broken = true;
  });
  const query = async (text: string, parameters: readonly unknown[]) => {
    const values = parameters.map(asText);
    const name = keptNameOf(text);
    try {
      return await client.query(name === undefined ? { text, values } : { name, text, values });
    } catch (error) {
      const told = translate(error);
      broken ||= isUseless(told);
      throw told;
    }
  };
  const release = (discard?: boolean) => client.release(broken || discard === true);
  // Cursors, the other form of a query, are not made by Gantry.
  return { query: query as unknown as PostgresPoolClient['query'], release };
}

const NO_TEXT = /\0|\p{Surrogate}/gu;

/** PostgreSQL's text knows neither NUL nor half a character; what somebody's program has printed may. */
export const asText = (value: unknown): unknown =>
  typeof value === 'string' ? value.replaceAll(NO_TEXT, '\ufffd') : value;
