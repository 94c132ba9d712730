import { migrations } from '../../engine/store/migrations';
import { newerSchema, openStore, schemaOf } from '../../engine/store/store';
import type { RunnerSettings } from '../../settings';
import { openRecords, withStore } from './data';

export interface Schemas {
  /** The database's. */
  found: number;
  /** This program's. */
  known: number;
}

/** `upkeep schema`: what the database has and what this program knows. @throws GantryError `schema-newer` */
export function schema(settings: RunnerSettings): Promise<Schemas> {
  return withStore(settings, async (store) => {
    const found = await schemaOf(store.read);
    if (found > migrations.length) throw newerSchema(found, migrations.length);
    return { found, known: migrations.length };
  });
}

/** `upkeep migrate`: brings the schema to what this program knows, in one transaction. */
export async function migrate(settings: RunnerSettings): Promise<Schemas> {
  const before = await schema(settings);
  const store = await openStore(await openRecords(settings));
  await store.close();
  return before;
}
