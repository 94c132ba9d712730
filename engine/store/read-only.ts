import Database from 'better-sqlite3';
import { Kysely } from 'kysely';
import { GantryError, messageOf } from '../model/errors';
import { PlannedOnceDialect } from './sqlite-dialect';
import type { Db } from './store';
import type { Tables } from './tables';

/**
 * Opens a database file to look at it, as somebody does who must not change it: no lock is kept, nothing is migrated.
 * @throws GantryError `database-unusable`
 */
export function openReadOnly(file: string): Db {
  try {
    const database = new Database(file, { readonly: true, fileMustExist: true });
    return new Kysely<Tables>({ dialect: new PlannedOnceDialect({ database }) });
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
