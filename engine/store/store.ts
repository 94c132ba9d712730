import { type Kysely, sql, type Transaction } from 'kysely';
import { GantryError } from '../model/errors';
import { migrations, SCHEMA_VERSION } from './migrations';
import type { Tables } from './tables';

export type Tx = Transaction<Tables>;
export type Db = Kysely<Tables>;
/** Reads may be made inside or outside a transaction. */
export type Reader = Kysely<Tables>;

/** The door to SQL. A transaction contains only SQL: nothing else may be awaited inside. */
export interface Store {
  readonly read: Reader;
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Brings the schema up to date and hands out the store. Safe when several processes start at once.
 * @throws GantryError `schema-newer` when the database was written by a newer Gantry.
 */
export async function openStore(db: Db): Promise<Store> {
  await migrate(db);
  return {
    read: db,
    write: (work) => db.transaction().execute(work),
    close: () => db.destroy(),
  };
}

/**
 * One transaction for everything that is missing. Kysely's own migrator does not use one on SQLite, where a kill
 * between two statements would leave half a schema behind.
 */
async function migrate(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`create table if not exists schema_version (version integer not null)`.execute(tx);
    const found = await sql<{ version: number }>`select version from schema_version`.execute(tx);
    const version = found.rows[0]?.version ?? 0;
    if (version > SCHEMA_VERSION) throw newer(version);
    for (const statement of migrations.slice(version).flat()) await sql.raw(statement).execute(tx);
    if (version === SCHEMA_VERSION) return;
    await sql`delete from schema_version`.execute(tx);
    await sql`insert into schema_version (version) values (${SCHEMA_VERSION})`.execute(tx);
  });
}

function newer(found: number): GantryError {
  return new GantryError(
    'unavailable',
    'schema-newer',
    `the database has schema ${found}, this Gantry knows ${SCHEMA_VERSION}`,
    'start the newer Gantry again, or restore a backup made before the upgrade',
  );
}

/** Milliseconds by the database's own clock: leases are compared by one clock only. */
export const databaseNow = sql<number>`cast(unixepoch('subsec') * 1000 as integer)`;
