import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { GantryError } from '../model/errors';

/** A larger database is not read whole at each start: a backup checks it page by page. About a second is spent. */
const CHECKED_MAX_BYTES = 256 * 1024 * 1024;

/**
 * Looks at every page of the database before anything is done with it.
 * @throws GantryError `database-damaged` with what to do
 */
export function checkPages(database: Database.Database, file: string): void {
  if (statSync(file).size > CHECKED_MAX_BYTES) return;
  const found = database.pragma('quick_check(1)', { simple: true });
  if (found !== 'ok') throw damaged(file, String(found));
}

/** What is wrong with a database that cannot be used; told at start, before anything acts on it. */
export function damaged(file: string, found: string, cause?: unknown): GantryError {
  const line = found.replace(/\s+/g, ' ').slice(0, 200);
  return new GantryError(
    'unavailable',
    'database-damaged',
    `the database ${file} is damaged: ${line}`,
    'keep the file, and put a backup back: gantry restore FILE --replace (docs/operations.md); apps keep serving',
    { cause },
  );
}
