import { type Kysely, sql, type Transaction } from 'kysely';
import { GantryError } from '../model/errors';
import { dialectOf, spell } from './dialect';
import { groupedWrites, type Write } from './grouped-writes';
import { type Migrations, migrations } from './migrations';
import { transactAlone } from './postgres-writes';
import type { Tables } from './tables';
import { flushOf } from './wal-flush';

export type Tx = Transaction<Tables>;
export type Db = Kysely<Tables>;
/** Reads may be made inside or outside a transaction. */
export type Reader = Kysely<Tables>;

/** The door to SQL. A transaction contains only SQL: nothing else may be awaited inside. */
export interface Store {
  readonly read: Reader;
  /** All or nothing; resolves when it is committed and on the disk. It may share its commit with others (grouped-writes.ts). */
  write: Write;
  /**
   * Resolves when whatever was read before is on the disk. Others see a commit a moment before that, so whoever changes
   * the world by what was read, without a write of their own in between, waits for this first.
   */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Brings the schema up to date and hands out the store. Safe when several processes start at once.
 * @param known the schema's versions that this binary knows; one more in tests of upgrades
 * @throws GantryError `schema-newer` when the database was written by a newer Gantry.
 */
export async function openStore(db: Db, known: Migrations = migrations): Promise<Store> {
  await migrate(db, known);
  return storeOf(db);
}

/** The store as it is: for whoever must not change the schema, since an older Gantry may still be at work on it. */
export function storeOf(db: Db): Store {
  const flush = flushOf(db);
  return {
    read: db,
    write: groupedWrites((work) => transact(db, work), flush),
    settled: flush,
    close: async () => {
      await flush();
      await db.destroy();
    },
  };
}

/** One transaction, alone: SQLite's `begin immediate`, and on PostgreSQL a lock that says the same. */
function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  return dialectOf(db) === 'postgres' ? transactAlone(db, work) : db.transaction().execute(work);
}

const SCHEMA_TABLE = {
  sqlite: sql`select 1 from sqlite_master where name = 'schema_version'`,
  postgres: sql`select 1 from pg_class where oid = to_regclass('schema_version')`,
};

/** The version of the schema that the database has now; 0 when it has none. */
export async function schemaOf(db: Db): Promise<number> {
  const there = await SCHEMA_TABLE[dialectOf(db)].execute(db);
  return there.rows.length === 0 ? 0 : versionIn(db);
}

const SIZE = {
  sqlite: sql<{ size: number }>`select page_count * page_size as size from pragma_page_count, pragma_page_size`,
  postgres: sql<{ size: number }>`select pg_database_size(current_database()) as size`,
};

/** What the database takes on its disk, bytes. */
export async function sizeOf(db: Db): Promise<number> {
  return (await SIZE[dialectOf(db)].execute(db)).rows[0]?.size ?? 0;
}

async function versionIn(db: Db): Promise<number> {
  const found = await sql<{ version: number }>`select version from schema_version`.execute(db);
  return found.rows[0]?.version ?? 0;
}

/**
 * One transaction for everything that is missing. Kysely's own migrator does not use one on SQLite, where a kill
 * between two statements would leave half a schema behind.
 */
async function migrate(db: Db, known: Migrations): Promise<void> {
  const dialect = dialectOf(db);
  // First without the lock, and without what only the schema's owner may do.
  const found = await schemaOf(db);
  if (found > known.length) throw newerSchema(found, known.length);
  if (found === known.length) return;
  await transact(db, async (tx) => {
    await sql`create table if not exists schema_version (version integer not null)`.execute(tx);
    const version = await versionIn(tx);
    if (version > known.length) throw newerSchema(version, known.length);
    for (const statement of known.slice(version).flat()) {
      const text = spell(statement, dialect);
      if (text !== '') await sql.raw(text).execute(tx);
    }
    if (version === known.length) return;
    await sql`delete from schema_version`.execute(tx);
    await sql`insert into schema_version (version) values (${known.length})`.execute(tx);
  });
  await flushOf(db)();
}

/** An older binary must not touch what a newer one has written. */
export function newerSchema(found: number, known: number): GantryError {
  return new GantryError(
    'unavailable',
    'schema-newer',
    `the database has schema ${found}, this Gantry knows ${known}`,
    'start the newer Gantry again, or restore a backup made before the upgrade',
  );
}

/** Milliseconds by the database's own clock: leases are compared by one clock only. */
export const databaseNow = sql<number>`database_now()`;
