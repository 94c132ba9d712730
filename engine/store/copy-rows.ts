import Database from 'better-sqlite3';
import { type Kysely, sql, type Transaction } from 'kysely';
import { spell } from './dialect';
import { migrations } from './migrations';
import { asText } from './postgres';
import { transactAlone } from './postgres-writes';
import { newerSchema, schemaOf } from './store';
import type { Tables } from './tables';

type Db = Kysely<Tables>;
type Tx = Transaction<Tables>;
type Row = Record<string, string | number | null>;

/** Rows that are in memory at once. */
const PAGE = 500;

/**
 * Copies all records of a PostgreSQL into a new SQLite database, as they are at one moment, while others write: both
 * have the same schema, and so a backup is the same file whichever of the two it was made of.
 * @throws GantryError `schema-newer` when there are records that this Gantry does not know
 */
export async function copyToFile(db: Db, file: string): Promise<void> {
  await db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const version = await schemaOf(tx);
      if (version > migrations.length) throw newerSchema(version, migrations.length);
      const copy = new Database(file);
      try {
        copy.pragma('foreign_keys = OFF');
        copy.pragma('synchronous = OFF'); // the whole file is synced before it gets its name
        makeSchema(copy, version);
        copy.exec('begin');
        for (const table of tablesOf(copy)) await copyTable(tx, table, copy);
        copy.exec('commit');
      } finally {
        copy.close();
      }
    });
}

function makeSchema(copy: Database.Database, version: number): void {
  copy.exec('create table schema_version (version integer not null)');
  for (const statement of migrations.slice(0, version).flat()) {
    const text = spell(statement, 'sqlite');
    if (text !== '') copy.exec(text);
  }
}

const tablesOf = (file: Database.Database): string[] =>
  file
    .prepare(`select name from sqlite_master where type = 'table' and name not like 'sqlite_%'`)
    .pluck()
    .all() as string[];

const columnsOf = (file: Database.Database, table: string): string[] =>
  (file.pragma(`table_info("${table}")`) as { name: string }[]).map(({ name }) => name);

async function copyTable(tx: Tx, table: string, copy: Database.Database): Promise<void> {
  const columns = columnsOf(copy, table);
  const places = columns.map((name) => `@${name}`).join();
  const insert = copy.prepare(
    `insert into "${table}" (${columns.map((name) => `"${name}"`).join()}) values (${places})`,
  );
  await sql`declare copied no scroll cursor for select * from ${sql.table(table)}`.execute(tx);
  for (;;) {
    const { rows } = await sql<Row>`fetch ${sql.lit(PAGE)} from copied`.execute(tx);
    if (rows.length === 0) break;
    for (const row of rows) insert.run(row);
  }
  await sql`close copied`.execute(tx);
}

/**
 * Puts the records of an SQLite database into a PostgreSQL, in one transaction. What is there is moved into a schema
 * of its own first, never deleted.
 * @param aside name of that schema
 * @returns whether anything was there
 */
export async function copyFromFile(file: string, db: Db, aside: string): Promise<boolean> {
  const source = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return await transactAlone(db, async (tx) => {
      const version = source.prepare('select version from schema_version').pluck().get() as number;
      const there = (await schemaOf(tx)) > 0;
      if (there) await moveAside(tx, aside);
      await sql`create table schema_version (version integer not null)`.execute(tx);
      for (const statement of migrations.slice(0, version).flat()) {
        const text = spell(statement, 'postgres');
        if (text !== '') await sql.raw(text).execute(tx);
      }
      for (const table of tablesOf(source)) await fillTable(tx, table, source);
      return there;
    });
  } finally {
    source.close();
  }
}

/** Everything of ours, whatever its version had. */
async function moveAside(tx: Tx, aside: string): Promise<void> {
  await sql`create schema ${sql.id(aside)}`.execute(tx);
  const { rows } = await sql<{ name: string; kind: string }>`
    select relname as name, case relkind when 'v' then 'view' else 'table' end as kind from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'v')`.execute(tx);
  for (const { name, kind } of rows)
    await sql`alter ${sql.raw(kind)} ${sql.id(name)} set schema ${sql.id(aside)}`.execute(tx);
  const functions = await sql<{ name: string }>`select oid::regprocedure::text as name from pg_proc
    where pronamespace = current_schema()::regnamespace
      and not exists (select 1 from pg_depend where objid = pg_proc.oid and deptype = 'e')`.execute(tx);
  for (const { name } of functions.rows)
    await sql`alter function ${sql.raw(name)} set schema ${sql.id(aside)}`.execute(tx);
}

async function fillTable(tx: Tx, table: string, source: Database.Database): Promise<void> {
  const columns = columnsOf(source, table);
  const names = sql.join(columns.map((name) => sql.id(name)));
  const fill = async (rows: readonly Row[]) => {
    if (rows.length === 0) return;
    await sql`insert into ${sql.table(table)} (${names})
      select ${names} from json_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)})`.execute(tx);
  };
  let page: Row[] = [];
  for (const row of source.prepare(`select * from "${table}" order by rowid`).iterate() as Iterable<Row>) {
    page.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(value) as Row[string]])));
    if (page.length < PAGE) continue;
    await fill(page);
    page = [];
  }
  await fill(page);
  await continueNumbers(tx, table, columns);
}

/** New rows get numbers after those that came with the copy. */
async function continueNumbers(tx: Tx, table: string, columns: readonly string[]): Promise<void> {
  const [first = ''] = columns;
  await sql`select setval(numbers.sequence, numbers.last) from (
      select pg_get_serial_sequence(${sql.lit(table)}, ${sql.lit(first)}) as sequence,
        (select max(${sql.id(first)})::text from ${sql.table(table)}) as last) as found
    cross join lateral (select found.sequence, cast(found.last as bigint) as last
      where found.sequence is not null and found.last is not null) as numbers`.execute(tx);
}
