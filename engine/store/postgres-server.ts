import { type Kysely, sql } from 'kysely';
import { GantryError } from '../model/errors';
import type { Tables } from './tables';

/** What a server says of itself. */
export interface ServerFacts {
  /** `server_version_num`: 150013 for 15.13. */
  version: number;
  fsync: string;
  synchronousCommit: string;
  fullPageWrites: string;
  encoding: string;
  /** 1 for one that only follows another. */
  standby: number;
}

const OLDEST = 13;

/**
 * Refuses a server on which something that was answered could be gone after a power cut, or that cannot be written to.
 * @throws GantryError `database-unfit`, `database-unreachable`
 */
export async function demandDurable(db: Kysely<Tables>): Promise<void> {
  const fault = faultOf(await readServer(db));
  if (fault !== undefined) throw new GantryError('unavailable', 'database-unfit', fault.says, fault.mend);
}

async function readServer(db: Kysely<Tables>): Promise<ServerFacts> {
  const { rows } = await sql<ServerFacts>`select current_setting('server_version_num')::int as version,
    current_setting('fsync') as fsync, current_setting('synchronous_commit') as "synchronousCommit",
    current_setting('full_page_writes') as "fullPageWrites", current_setting('server_encoding') as encoding,
    pg_is_in_recovery() as standby`.execute(db);
  const [facts] = rows;
  if (facts === undefined) throw new Error('PostgreSQL says nothing of its settings');
  return facts;
}

/** What keeps a server from being used, and what mends it; undefined when nothing does. */
export function faultOf(server: ServerFacts): { says: string; mend: string } | undefined {
  if (server.version < OLDEST * 10_000) {
    const says = `PostgreSQL ${Math.floor(server.version / 10_000)} is too old`;
    return { says, mend: `use PostgreSQL ${OLDEST} or newer` };
  }
  if (server.standby === 1) {
    const says = 'this PostgreSQL is a standby: it only follows another one';
    return { says, mend: 'name the primary in GANTRY_DATABASE_URL (or target_session_attrs=read-write)' };
  }
  if (server.encoding !== 'UTF8') {
    const says = `the database is encoded as ${server.encoding}`;
    return { says, mend: "make it anew: create database gantry template template0 encoding 'UTF8'" };
  }
  const off = [
    { name: 'fsync', value: server.fsync },
    { name: 'full_page_writes', value: server.fullPageWrites },
    { name: 'synchronous_commit', value: server.synchronousCommit },
  ].find(({ value }) => value === 'off');
  if (off === undefined) return undefined;
  const says = `PostgreSQL has ${off.name} off: what was answered could be gone after a power cut`;
  return { says, mend: `set ${off.name} = on in postgresql.conf (or for this database or user), and reload it` };
}
