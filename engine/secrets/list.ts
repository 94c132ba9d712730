import { findApp } from '../apps/find';
import type { EngineParts } from '../parts';

/** What anybody may know who may see the app: never the value, nor its length. */
export interface SecretShown {
  name: string;
  /** Empty: builds and every environment but production. */
  environment: string;
  setAt: number;
  setBy: string;
}

/** By name, then by environment. @throws GantryError `app-unknown`. */
export async function listSecrets(parts: EngineParts, appName: string): Promise<SecretShown[]> {
  const app = await findApp(parts, appName);
  const rows = await parts.store.read
    .selectFrom('secrets')
    .select(['name', 'environment', 'set_at', 'set_by'])
    .where('app_id', '=', app.id)
    .orderBy('name')
    .orderBy('environment')
    .execute();
  return rows.map(({ name, environment, set_at, set_by }) => ({ name, environment, setAt: set_at, setBy: set_by }));
}
