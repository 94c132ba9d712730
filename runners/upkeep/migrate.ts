import { migrations } from '../../engine/store/migrations';
import { openSqlite } from '../../engine/store/sqlite';
import { newerSchema, openStore, schemaOf } from '../../engine/store/store';
import type { RunnerSettings } from '../../settings';
import { demandDatabase, withStore } from './data';

export interface Schemas {
  /** The database's. */
  found: number;
  /** This program's. */
  known: number;
}

/** `upkeep schema`: what the database has and what this program knows. @throws GantryError `schema-newer` */
export function schema({ home }: RunnerSettings): Promise<Schemas> {
  return withStore(home, async (store) => {
    const found = await schemaOf(store.read);
    if (found > migrations.length) throw newerSchema(found, migrations.length);
    return { found, known: migrations.length };
  });
}

/** `upkeep migrate`: brings the schema to what this program knows, in one transaction. */
export async function migrate(settings: RunnerSettings): Promise<Schemas> {
  const before = await schema(settings);
  const store = await openStore(openSqlite(demandDatabase(settings.home)));
  await store.close();
  return before;
}
