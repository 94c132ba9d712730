import { closeSync, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Kysely } from 'kysely';
import { GantryError, messageOf } from '../model/errors';
import type { Tables } from './tables';

/** Resolves when everything that was committed before the call, by any process, is on the disk. */
export type Flush = () => Promise<void>;

/** SQLite's write-ahead log. */
export interface WalFile {
  /** Waits for the disk, and keeps no thread waiting that others live by. */
  sync(): Promise<void>;
  close(): void;
}

/**
 * SQLite commits into its write-ahead log without waiting for the disk; this waits for it, while the process does other
 * things (docs/decisions/0020). Callers that come while the disk is at work share the next flush: theirs must begin after
 * they have committed.
 * @param broken called when the disk failed: the process must end, since nobody knows what the disk holds
 */
export function flushes(file: WalFile, broken: (error: GantryError) => void): Flush {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    const mine = file
      .sync()
      .catch((cause) => {
        const error = syncFailed(cause);
        broken(error);
        throw error;
      })
      .finally(() => {
        running = undefined;
      });
    running = mine;
    return mine;
  };
  const beginNext = (): Promise<void> => {
    next = undefined;
    return begin();
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running.then(beginNext, beginNext);
    return next;
  };
}

const syncFailed = (cause: unknown): GantryError =>
  new GantryError(
    'unavailable',
    'database-broken',
    `the disk failed under the database (SQLITE_IOERR_FSYNC: ${messageOf(cause)})`,
    'look at the disk (dmesg); at the next start the database is checked before anything is done',
    { cause },
  );

const sync = promisify(fdatasync);

/**
 * The log beside a database file. It stays the same file for as long as any connection is open, and none of SQLite's
 * locks is on it: those would go when another descriptor of their file is closed.
 */
export function walFile(database: string): WalFile {
  let descriptor: number | undefined;
  let isClosed = false;
  return {
    sync: async () => {
      // Nothing can have been committed since, and the log may be gone with the last connection.
      if (isClosed) return;
      descriptor ??= openSync(`${database}-wal`, 'r');
      await sync(descriptor);
    },
    close: () => {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
      isClosed = true;
    },
  };
}

const byDatabase = new WeakMap<Kysely<Tables>, Flush>();

/** Has transactions of a database be answered when they are flushed. */
export const flushesBy = (db: Kysely<Tables>, flush: Flush): unknown => byDatabase.set(db, flush);

/** A database without one has on its disk what it has committed. */
export const flushOf = (db: Kysely<Tables>): Flush => byDatabase.get(db) ?? (() => Promise.resolve());
