import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GantryError } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { fileBytes } from '../../engine/store/bytes';
import { type DatabasePlace, openDatabase } from '../../engine/store/open';
import { type Db, type Store, schemaOf, storeOf } from '../../engine/store/store';

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

/**
 * Opens the database of this Gantry when it has records.
 * @throws GantryError `no-data`, and what opening it throws
 */
export async function openRecords(place: DatabasePlace): Promise<Db> {
  if (place.databaseUrl === undefined) demandDatabase(place.home);
  const db = await openDatabase(place);
  if (place.databaseUrl === undefined) return db;
  try {
    if ((await schemaOf(db)) > 0) return db;
    const next = 'name the database with the records: GANTRY_DATABASE_URL';
    throw new GantryError('not-found', 'no-data', 'the database has no records of Gantry', next);
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** Whether there are records. @throws GantryError when the database cannot be opened */
export async function hasRecords(place: DatabasePlace): Promise<boolean> {
  if (place.databaseUrl === undefined) return existsSync(databaseOf(place.home));
  const db = await openDatabase(place);
  try {
    return (await schemaOf(db)) > 0;
  } finally {
    await db.destroy();
  }
}

/** Works on the database as it is, whatever Gantry it belongs to. */
export async function withStore<T>(place: DatabasePlace, work: (store: Store) => Promise<T>): Promise<T> {
  const store = storeOf(await openRecords(place));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
