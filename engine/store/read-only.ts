import Database from 'better-sqlite3';
import { Kysely, SqliteDialect } from 'kysely';
import { GantryError, messageOf } from '../model/errors';
import type { Db } from './store';
import type { Tables } from './tables';

/**
 * Opens a database file to look at it, as somebody does who must not change it: no lock is kept, nothing is migrated.
 * @throws GantryError `database-unusable`
 */
export function openReadOnly(file: string): Db {
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    return new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  } catch (error) {
    throw new GantryError(
      'unavailable',
      'database-unusable',
      `the database ${file} cannot be read: ${messageOf(error)}`,
      'name a database of Gantry, or a backup of one',
      { cause: error },
    );
  }
}
