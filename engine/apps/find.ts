import { unknownApp } from '../deliveries/accept';
import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';

/** @throws GantryError `app-unknown`. */
export async function findApp(parts: EngineParts, name: string): Promise<Tables['apps']> {
  const row = await parts.store.read.selectFrom('apps').selectAll().where('name', '=', name).executeTakeFirst();
  if (row === undefined) throw unknownApp(name);
  return row;
}

export async function listApps(parts: EngineParts): Promise<Tables['apps'][]> {
  return parts.store.read.selectFrom('apps').selectAll().orderBy('name').execute();
}
