import { GantryError } from '../model/errors';
import type { AppId } from '../model/ids';
import type { EngineParts } from '../parts';
import { statement } from '../store/statement';
import type { Reader, Tx } from '../store/store';
import type { Tables } from '../store/tables';

/** An app with its repository. */
export type AppFound = Tables['apps'] & {
  /** Name of the app whose remote it shares; its own when it has one for itself. */
  repository: string;
};

/** @throws GantryError `app-unknown`. */
export async function findApp(parts: EngineParts, name: string): Promise<AppFound> {
  return findAppIn(parts.store.read, name);
}

/** The same inside a transaction of the caller. */
export async function findAppIn(db: Reader | Tx, name: string): Promise<AppFound> {
  const [row] = await appByName(db, { name });
  if (row === undefined) throw unknownApp(name);
  return row;
}

export async function listApps(parts: EngineParts): Promise<AppFound[]> {
  return apps(parts.store.read).orderBy('apps.name').execute();
}

/** The apps of a repository: first the one whose remote it is, then the others by name. */
export async function appsOfRepository(db: Reader | Tx, owner: AppId): Promise<AppFound[]> {
  const found = await sharing(db, { owner });
  return [...found.filter(({ id }) => id === owner), ...found.filter(({ id }) => id !== owner)];
}

/** As `appsOfRepository`, of the repository of this app. */
export const appsSharing = (parts: EngineParts, app: AppFound): Promise<AppFound[]> =>
  appsOfRepository(parts.store.read, app.repository_id ?? app.id);

export function unknownApp(name: string): GantryError {
  return new GantryError('not-found', 'app-unknown', `there is no app "${name}"`, `make it: gantry app create ${name}`);
}

const apps = (db: Reader | Tx) =>
  db
    .selectFrom('apps')
    .selectAll('apps')
    .select((e) => {
      const owner = e.selectFrom('apps as owner').select('owner.name').whereRef('owner.id', '=', 'apps.repository_id');
      return e.fn.coalesce(owner, 'apps.name').as('repository');
    });

const sharing = statement<{ owner: AppId }, AppFound>((db, argument) =>
  apps(db)
    .where((e) => e.or([e('apps.id', '=', argument('owner')), e('apps.repository_id', '=', argument('owner'))]))
    .orderBy('apps.name'),
);
const appByName = statement<{ name: string }, AppFound>((db, argument) =>
  apps(db).where('apps.name', '=', argument('name')),
);
