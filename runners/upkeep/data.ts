import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { fileBytes } from '../../engine/store/bytes';
import { openSqlite } from '../../engine/store/sqlite';
import { type Store, storeOf } from '../../engine/store/store';

/** Where things lie in the data folder. */
export const databaseOf = (home: string): string => join(home, 'gantry.db');
export const repositoriesOf = (home: string): string => join(home, 'git');
export const logsOf = (home: string): string => join(home, 'logs');

/** Stores of bytes, by the name of their folder: what releases are made of, and blobs of kept images. */
export const STORES = ['artifacts', 'images'] as const;

/** A store of a data folder, or of the folder that goes with a backup. */
export const bytesOf = (folder: string, store: string): Bytes =>
  fileBytes(join(folder, store), () => randomBytes(8).toString('hex'));

/** @throws GantryError `no-data` */
export function demandDatabase(home: string): string {
  const file = databaseOf(home);
  if (existsSync(file)) return file;
  throw new GantryError('not-found', 'no-data', `there is no database in ${home}`, 'name the data folder: GANTRY_HOME');
}

/** Works on the database as it is, whatever Gantry it belongs to. */
export async function withStore<T>(home: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = storeOf(openSqlite(demandDatabase(home)));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
