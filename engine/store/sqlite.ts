import { chmodSync, closeSync, openSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  Kysely,
  type SqliteDatabase,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely';
import { GantryError, messageOf } from '../model/errors';
import { Recent } from '../model/recent';
import { checkPages, damaged } from './check-sqlite';
import { endPausedHolder, lockHolder } from './lock-holder';
import { PlannedOnceDialect } from './sqlite-dialect';
import { tellingFaults } from './sqlite-errors';
import { answersAtOnce } from './statement';
import type { Tables } from './tables';
import { flushes, flushesBy, walFile } from './wal-flush';

/** How long a transaction waits for the other writer before it gives up, ms. */
export const LOCK_WAIT_MS = 10_000;
/** After this long it looks whether the other writer was paused: soon enough that leases are still renewed in time. */
const PAUSED_LOOK_MS = 2_000;

/**
 * better-sqlite3 is synchronous: with SQLite's own busy time-out a wait for the lock would block the event loop.
 * So the time-out is zero, and the wait for `BEGIN IMMEDIATE` is ours.
 */
class PatientDriver extends SqliteDriver {
  constructor(
    database: SqliteDatabase,
    private readonly file: string,
  ) {
    super({ database });
  }

  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    const until = Date.now() + LOCK_WAIT_MS;
    let look = Date.now() + PAUSED_LOOK_MS;
    for (let wait = 1; ; wait = Math.min(wait * 2, 20)) {
      try {
        await connection.executeQuery(CompiledQuery.raw('begin immediate'));
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (Date.now() > until) throw this.locked(error);
        if (Date.now() > look) {
          look += PAUSED_LOOK_MS;
          this.endPausedHolder();
        }
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private endPausedHolder(): void {
    const ended = endPausedHolder(this.file);
    if (ended === undefined) return;
    process.emitWarning(`process ${ended.pid} was paused while it held the database: it was killed, others go on`);
  }

  private locked(error: unknown): GantryError {
    const holder = lockHolder(this.file);
    const who = holder === undefined ? 'another process' : `process ${holder.pid}${holder.isPaused ? ' (paused)' : ''}`;
    return new GantryError(
      'unavailable',
      'database-locked',
      `${who} held the database for ${LOCK_WAIT_MS / 1000} s: ${messageOf(error)}`,
      'look for a backup or a tool that keeps gantry.db open, and try again',
      { cause: error },
    );
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      // A full disk has taken it back already; the reason is on its way to whoever asked.
      if (!messageOf(error).includes('no transaction is active')) throw error;
    }
  }
}

class PatientDialect extends PlannedOnceDialect {
  constructor(
    private readonly own: SqliteDatabase,
    private readonly file: string,
  ) {
    super({ database: own });
  }
  override createDriver(): SqliteDriver {
    return new PatientDriver(this.own, this.file);
  }
}

/**
 * Pages of 4 KiB in the write-ahead log before it is taken over into the database: whoever commits then waits for it,
 * and pages that were written often meanwhile are taken over once.
 */
const CHECKPOINT_PAGES = 4_000;

/** More than Gantry has different statements; lists of values make variants of some. The oldest goes first. */
const STATEMENTS_KEPT = 500;

/** Keeps statements prepared: preparing one takes longer than running it, and there are dozens before each switch. */
function keepStatements(database: SqliteDatabase, close = () => database.close()): SqliteDatabase {
  const kept = new Recent<string, SqliteStatement>(STATEMENTS_KEPT);
  return {
    close,
    prepare: (text) => kept.get(text) ?? kept.put(text, database.prepare(text)),
  };
}

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? '';
const isDamage = (error: unknown): boolean => /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error));

function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED');
}

/** It holds tokens of forges: nobody else may read it. SQLite gives its side files the same mode. */
const PRIVATE = 0o600;

function makePrivate(file: string): void {
  closeSync(openSync(file, 'a', PRIVATE));
  const { uid, mode } = statSync(file);
  // Another user's file stays as that user has set it: changing it is not ours, and may not be possible.
  if (uid === process.getuid?.() && (mode & 0o777) !== PRIVATE) chmodSync(file, PRIVATE);
}

/**
 * Opens (and makes) the database file. What the store has answered survives a power cut.
 * @param now the database's clock, ms UTC; a simulation has one of its own
 * @param broken called when the disk fails later; the process must end then, and begin anew with a check
 * @throws GantryError `database-unusable` when the file cannot be opened, `database-damaged` when it is not what it was.
 */
export function openSqlite(
  file: string,
  now: () => number = Date.now,
  broken: (error: GantryError) => void = () => undefined,
): Kysely<Tables> {
  try {
    makePrivate(file);
    // Two processes may make the file at once: only here, before any work, SQLite itself may wait for the lock.
    const database = new Database(file, { timeout: 5_000 });
    database.pragma('journal_mode = WAL');
    checkPages(database, file);
    // A commit does not wait for the disk here; who asked for it does: wal-flush.ts.
    database.pragma('synchronous = NORMAL');
    database.pragma('foreign_keys = ON');
    // Credentials that were deleted are gone from the file as well, and so from copies of it.
    database.pragma('secure_delete = ON');
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.pragma('busy_timeout = 0');
    const reader = new Database(file, { readonly: true, timeout: 0 });
    for (const one of [database, reader]) one.function('database_now', { deterministic: false }, now);
    const wal = walFile(file);
    const kept = keepStatements(tellingFaults(database, broken), () => {
      reader.close();
      database.close();
      wal.close();
    });
    const db = new Kysely<Tables>({ dialect: new PatientDialect(kept, file) });
    flushesBy(db, flushes(wal, broken));
    answersAtOnce(db, { writer: kept, reader: keepStatements(tellingFaults(reader, broken)) });
    return db;
  } catch (error) {
    if (error instanceof GantryError) throw error;
    if (isDamage(error)) throw damaged(file, messageOf(error), error);
    throw new GantryError(
      'unavailable',
      'database-unusable',
      `the database ${file} cannot be opened: ${messageOf(error)}`,
      'check that the folder is on a local disk with free space and belongs to this user, or restore a backup',
      { cause: error },
    );
  }
}
