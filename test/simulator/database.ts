import Database from 'better-sqlite3';
import { Kysely, type SqliteDatabase, type SqliteStatement } from 'kysely';
import { PlannedOnceDialect } from '../../engine/store/sqlite-dialect';
import { answersAtOnce } from '../../engine/store/statement';
import { openStore } from '../../engine/store/store';
import type { Tables } from '../../engine/store/tables';

/** One database in memory for many histories: statements stay prepared, rows go. */
export interface SimulatedDatabase {
  handle: Database.Database;
  db: Kysely<Tables>;
  /** The time that SQL sees, ms. */
  tellTime(now: () => number): void;
  /** No rows, as after the migrations. */
  empty(): void;
  /** Keeps all rows of now under a name. */
  keep(scene: string): void;
  /** Makes all rows what they were then. */
  bringBack(scene: string): void;
}

export async function openDatabase(): Promise<SimulatedDatabase> {
  const handle = new Database(':memory:');
  handle.pragma('synchronous = off');
  handle.pragma('journal_mode = memory');
  handle.pragma('temp_store = memory');
  handle.pragma('foreign_keys = on');
  let time = (): number => 0;
  handle.function('database_now', { deterministic: false }, () => time());
  const kept = keepStatements(handle);
  const db = new Kysely<Tables>({ dialect: new PlannedOnceDialect({ database: kept }) });
  answersAtOnce(db, { writer: kept });
  await openStore(db);
  guardWhileLive(handle);
  return {
    handle,
    db,
    tellTime: (now) => {
      time = now;
    },
    ...copier(handle),
  };
}

function keepStatements(database: Database.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (text) => {
      const known = kept.get(text);
      if (known !== undefined) return known;
      const prepared = database.prepare(text);
      kept.set(text, prepared);
      return prepared;
    },
  };
}

/** Tables that are only added to are emptied between histories all the same. */
let isEmptied = false;

function guardWhileLive(handle: Database.Database): void {
  handle.function('emptying', { deterministic: false }, () => (isEmptied ? 1 : 0));
  const guards = handle
    .prepare<[], { name: string; sql: string }>(`select name, sql from sqlite_master where type = 'trigger'`)
    .all();
  for (const { name, sql } of guards) {
    handle.exec(`drop trigger "${name}"`);
    handle.exec(sql.replace(/\bbegin\b/i, 'when not emptying() begin'));
  }
}

const TABLES = `select name from sqlite_master where type = 'table' and name not in ('schema_version', 'sqlite_sequence')`;

/** Copies of all rows, kept beside the tables. */
function copier(handle: Database.Database): Pick<SimulatedDatabase, 'empty' | 'keep' | 'bringBack'> {
  const names = parentsFirst(handle);
  const emptying = ['sqlite_sequence', ...[...names].reverse()].map((name) =>
    handle.prepare(`delete from main."${name}"`),
  );
  const filling = new Map<string, Database.Statement[]>();
  const runAll = handle.transaction((statements: readonly Database.Statement[]) => {
    for (const statement of statements) statement.run();
  });
  const all = (statements: readonly Database.Statement[]): void => {
    isEmptied = true;
    try {
      runAll(statements);
    } finally {
      isEmptied = false;
    }
  };
  return {
    empty: () => all(emptying),
    keep: (scene) => {
      handle.exec(`attach ':memory:' as "${scene}"`);
      const full = names.filter((name) => handle.prepare(`select 1 from main."${name}" limit 1`).get() !== undefined);
      for (const name of full) handle.exec(`create table "${scene}"."${name}" as select * from main."${name}"`);
      filling.set(
        scene,
        full.map((name) => handle.prepare(`insert into main."${name}" select * from "${scene}"."${name}"`)),
      );
    },
    bringBack: (scene) => all([...emptying, ...(filling.get(scene) ?? [])]),
  };
}

/** In an order in which rows never refer to what is not there: a pragma around it would undo every prepared statement. */
function parentsFirst(handle: Database.Database): string[] {
  const names = handle.prepare<[], { name: string }>(TABLES).all();
  const sorted: string[] = [];
  const visit = (name: string): void => {
    if (sorted.includes(name)) return;
    const parents = handle.pragma(`foreign_key_list("${name}")`) as { table: string }[];
    for (const { table } of parents) if (table !== name) visit(table);
    sorted.push(name);
  };
  for (const { name } of names) visit(name);
  return sorted;
}
