import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabasePlace, openDatabase } from '../../engine/store/open';
import { openStore, type Store } from '../../engine/store/store';
import { databaseOfFolder, giveBackDatabaseOf } from './postgres';

export type DatabaseName = 'sqlite' | 'postgres';

/** One database, which any number of stores may be opened on, as processes do. */
export interface TestDatabase {
  place: DatabasePlace;
  open(): Promise<Store>;
  /** Closes the stores that were opened, and removes it. */
  close(): Promise<void>;
}

/** A database with the schema in it, of the kind that a test asks for, whatever the suite runs on. */
export async function testDatabase(name: DatabaseName): Promise<TestDatabase> {
  const home = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const place = name === 'sqlite' ? { home } : { home, databaseUrl: await databaseOfFolder(home) };
  const opened: Store[] = [];
  return {
    place,
    open: async () => {
      const store = await openStore(await openDatabase(place));
      opened.push(store);
      return store;
    },
    close: async () => {
      await Promise.all(opened.map((store) => store.close()));
      await giveBackDatabaseOf(home);
      await rm(home, { recursive: true, force: true });
    },
  };
}
