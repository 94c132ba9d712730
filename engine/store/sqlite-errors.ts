import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { GantryError, messageOf } from '../model/errors';

/** After these nobody knows what the disk holds: no retry on the same handle can be believed. */
const BROKEN = /^SQLITE_(IOERR|CORRUPT|NOTADB)/;

/** SQLite's faults in the words of Gantry; anything else stays what it is. */
function translateSqlite(error: unknown): unknown {
  const code = (error as { code?: string } | undefined)?.code ?? '';
  const told = (name: string, message: string, next: string) =>
    new GantryError('unavailable', name, message, next, { cause: error });
  if (code === 'SQLITE_FULL') {
    const next = 'make room on the disk of the data folder; what was begun goes on then';
    return told('database-full', 'the disk is full, and nothing more can be recorded', next);
  }
  if (code.startsWith('SQLITE_READONLY')) {
    const next = 'look whether its disk was mounted read-only, and who owns gantry.db';
    return told('database-read-only', `the database cannot be written: ${messageOf(error)}`, next);
  }
  if (BROKEN.test(code)) {
    const next = 'look at the disk (dmesg); at the next start the database is checked before anything is done';
    return told('database-broken', `the disk failed under the database (${code}: ${messageOf(error)})`, next);
  }
  return error;
}

/**
 * The database with its faults translated.
 * @param broken called when the disk failed: the process must end, since what was written last may not be there
 */
export function tellingFaults(database: SqliteDatabase, broken: (error: GantryError) => void): SqliteDatabase {
  const tell = (fault: unknown): never => {
    const error = translateSqlite(fault);
    if (error instanceof GantryError && error.code === 'database-broken') broken(error);
    throw error;
  };
  return {
    close: () => database.close(),
    prepare: (text) => {
      try {
        return new TellingStatement(database.prepare(text), tell);
      } catch (fault) {
        return tell(fault);
      }
    },
  };
}

class TellingStatement implements SqliteStatement {
  readonly reader: boolean;

  constructor(
    private readonly own: SqliteStatement,
    private readonly tell: (fault: unknown) => never,
  ) {
    this.reader = own.reader;
  }

  all(parameters: readonly unknown[]): unknown[] {
    try {
      return this.own.all(parameters);
    } catch (fault) {
      return this.tell(fault);
    }
  }

  run(parameters: readonly unknown[]): { changes: number | bigint; lastInsertRowid: number | bigint } {
    try {
      return this.own.run(parameters);
    } catch (fault) {
      return this.tell(fault);
    }
  }

  iterate(parameters: readonly unknown[]): IterableIterator<unknown> {
    return this.own.iterate(parameters);
  }
}
