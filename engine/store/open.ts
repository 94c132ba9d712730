import { join } from 'node:path';
import type { GantryError } from '../model/errors';
import { openPostgres } from './postgres';
import { demandDurable } from './postgres-server';
import { openSqlite } from './sqlite';
import type { Db } from './store';

/** Where the records are: a file in the data folder, or a PostgreSQL that was named. */
export interface DatabasePlace {
  home: string;
  databaseUrl?: string | undefined;
}

/**
 * Opens the database that the settings name.
 * @param broken called when the disk under a file fails later: the process must end
 * @throws GantryError `database-unusable`, `database-url`, `database-unreachable`, `database-unfit`
 */
export async function openDatabase(
  { home, databaseUrl }: DatabasePlace,
  broken?: (error: GantryError) => void,
): Promise<Db> {
  if (databaseUrl === undefined) return openSqlite(join(home, 'gantry.db'), Date.now, broken);
  const db = openPostgres(databaseUrl);
  try {
    await demandDurable(db);
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}
