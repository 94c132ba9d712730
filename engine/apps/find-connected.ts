import { GantryError } from '../model/errors';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { type AppFound, findAppIn } from './find';

/**
 * An app that has a remote of its own.
 * @throws GantryError `app-unknown`, `source-shared`.
 */
export async function findOwner(db: Reader | Tx, name: string): Promise<AppFound> {
  const app = await findAppIn(db, name);
  if (app.repository_id === null) return app;
  const message = `${app.name} lies in the repository of ${app.repository}, and is fetched with it`;
  throw new GantryError('conflict', 'source-shared', message, `say it of that one: ${app.repository}`);
}

/**
 * An app with its source.
 * @throws GantryError `app-unknown`, `source-shared`, `source-none`.
 */
export async function findConnected(
  db: Reader | Tx,
  name: string,
): Promise<{ app: AppFound; source: Tables['app_sources'] }> {
  const app = await findOwner(db, name);
  const source = await db.selectFrom('app_sources').selectAll().where('app_id', '=', app.id).executeTakeFirst();
  if (source !== undefined) return { app, source };
  const next = `connect it: gantry app connect ${app.name} --source URL`;
  throw new GantryError('conflict', 'source-none', `${app.name} is fetched from nowhere`, next);
}
