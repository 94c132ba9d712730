import {
  type CompiledQuery,
  type DialectAdapter,
  type Insertable,
  type Kysely,
  type SqliteDatabase,
  sql,
} from 'kysely';
import type { Tables } from './tables';

/** A transaction or the store's own reader. */
type Reader = Kysely<Tables>;
/** A query of Kysely's, or text by its `sql`. */
type Query<Row> = { compile(db: Reader): CompiledQuery<Row> };

/** Holds the place of a value that is known only when the statement is run. */
class Place {
  constructor(readonly name: PropertyKey) {}
}

type Arguments<Args> = <Name extends keyof Args>(name: Name) => Args[Name];

/**
 * A query that is built and compiled once, and run with new values each time: building a query costs several times
 * what SQLite needs to run it. For the queries that every step makes; elsewhere a plain query is easier to read.
 *
 * `build` is called once: it takes each value from `argument`, and must not decide anything by it.
 */
export function statement<Args, Row>(
  build: (db: Reader, argument: Arguments<Args>) => Query<Row>,
): (db: Reader, args: Args) => Promise<Row[]> {
  const compiled = new WeakMap<DialectAdapter, CompiledQuery<Row>>();
  // The places leave this file only into Kysely, which hands them back as parameters.
  const argument = ((name: PropertyKey) => new Place(name)) as unknown as Arguments<Args>;
  const compile = (db: Reader): CompiledQuery<Row> => {
    const query = build(db, argument).compile(db);
    compiled.set(db.getExecutor().adapter, query);
    keep(query.sql);
    return query;
  };
  return async (db, args) => {
    const { adapter } = db.getExecutor();
    const query = compiled.get(adapter) ?? compile(db);
    const parameters = query.parameters.map((value) =>
      value instanceof Place ? args[value.name as keyof Args] : value,
    );
    const doors = synchronous.get(adapter);
    const database = db.isTransaction ? doors?.writer : doors?.reader;
    if (database !== undefined) return runAtOnce<Row>(database, query.sql, parameters);
    const { rows } = await db.executeQuery<Row>({ ...query, parameters });
    return rows;
  };
}

const kept = new Map<string, string>();
const keep = (text: string): unknown => kept.has(text) || kept.set(text, `gantry_${kept.size}`);

/**
 * The name under which a server should keep this text planned: planning takes it longer than running. Undefined for
 * texts that are made anew each time; there may be any number of them.
 */
export const keptNameOf = (text: string): string | undefined => kept.get(text);

/** A database that answers at once (SQLite). */
interface Doors {
  /** For statements in transactions. */
  writer: SqliteDatabase;
  /** For those outside: sees what is committed, and waits for no transaction. Without it they go Kysely's way. */
  reader?: SqliteDatabase;
}

/** By what a connection to them and its transactions share in Kysely. */
const synchronous = new WeakMap<DialectAdapter, Doors>();

/**
 * Lets statements go to the database itself: Kysely's way to it is made for drivers that wait, takes as long as SQLite
 * does, and has reads stand in line with transactions that they need not wait for.
 */
export function answersAtOnce(db: Reader, doors: Doors): void {
  synchronous.set(db.getExecutor().adapter, doors);
}

function runAtOnce<Row>(database: SqliteDatabase, text: string, parameters: readonly unknown[]): Row[] {
  const prepared = database.prepare(text);
  if (prepared.reader) return prepared.all(parameters) as Row[];
  prepared.run(parameters);
  return [];
}

/** Rows of one insert at most: each number of rows is a statement of its own. */
const ROWS_AT_ONCE = 16;

/** An insert of some rows that is compiled once for each set of columns and number of rows. */
export function insertInto<Name extends keyof Tables & string>(
  table: Name,
): (db: Reader, rows: readonly Insertable<Tables[Name]>[]) => Promise<void> {
  const byShape = new Map<string, (db: Reader, values: readonly unknown[]) => Promise<unknown>>();
  const insertOf = (columns: readonly string[], count: number) =>
    statement<readonly unknown[], unknown>((_db, argument) => {
      const names = sql.join(columns.map((column) => sql.ref(column)));
      const rows = Array.from(
        { length: count },
        (_, row) => sql`(${sql.join(columns.map((_column, at) => sql.val(argument(row * columns.length + at))))})`,
      );
      return sql`insert into ${sql.table(table)} (${names}) values ${sql.join(rows)}`;
    });
  return async (db, all) => {
    for (let from = 0; from < all.length; from += ROWS_AT_ONCE) {
      const rows = all.slice(from, from + ROWS_AT_ONCE) as readonly Record<string, unknown>[];
      const columns = Object.keys(rows[0] ?? {});
      const shape = `${rows.length} ${columns.join()}`;
      const insert = byShape.get(shape) ?? insertOf(columns, rows.length);
      byShape.set(shape, insert);
      await insert(
        db,
        rows.flatMap((row) => columns.map((column) => row[column])),
      );
    }
  };
}
