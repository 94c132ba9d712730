import { appNameProblem } from '../../pipelines/names';
import { plainPath, repositoryPathProblem } from '../../pipelines/paths';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { type AppId, newId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';
import { type AppFound, findAppIn } from './find';

/** Where an app lies when it does not have a repository for itself. */
export interface AppPlace {
  /** Its folder in the repository; all of it when left out. */
  path?: string | undefined;
  /** The app whose remote it shares. */
  repository?: string | undefined;
}

/** @throws GantryError `app-name`, `app-taken`, `app-path`, `path-taken`, `app-unknown` (the one whose remote it shares). */
export async function createApp(
  parts: EngineParts,
  name: string,
  actor: Actor,
  place: AppPlace = {},
): Promise<AppFound> {
  checkName(name);
  const path = checkPath(place.path ?? '.');
  return parts.store.write(async (tx) => {
    const taken = await tx.selectFrom('apps').select('id').where('name', '=', name).executeTakeFirst();
    if (taken !== undefined) {
      throw new GantryError('conflict', 'app-taken', `the name "${name}" is taken`, `see it: gantry app show ${name}`);
    }
    const owner = place.repository === undefined ? undefined : await findAppIn(tx, place.repository);
    const repositoryId = owner === undefined ? null : (owner.repository_id ?? owner.id);
    if (repositoryId !== null) await checkFree(tx, repositoryId, path);
    const row: Tables['apps'] = {
      id: newId<AppId>(parts.clock, parts.random),
      name,
      created_at: parts.clock.now(),
      created_by: actor,
      next_run: 1,
      next_release: 1,
      path,
      repository_id: repositoryId,
    };
    await tx.insertInto('apps').values(row).execute();
    const repository = owner?.repository ?? name;
    const detail = { path, repository };
    await recordAudit(parts, tx, { chain: name, actor, action: 'app.create', object: name, detail });
    return { ...row, repository };
  });
}

function checkName(name: string): void {
  const problem = appNameProblem(name);
  if (problem === null) return;
  throw new GantryError('invalid', 'app-name', problem, 'an app is named like a host, for example "storefront"');
}

function checkPath(path: string): string {
  const problem = repositoryPathProblem(path);
  if (problem === null) return plainPath(path);
  throw new GantryError('invalid', 'app-path', `the path of an app ${problem}`, 'write it like services/shop');
}

/** Two apps in one folder would both read its one gantry.yml, which names one app. */
async function checkFree(tx: Tx, repositoryId: AppId, path: string): Promise<void> {
  const other = await tx
    .selectFrom('apps')
    .select('name')
    .where((e) => e.or([e('id', '=', repositoryId), e('repository_id', '=', repositoryId)]))
    .where('path', '=', path)
    .executeTakeFirst();
  if (other === undefined) return;
  const where = path === '.' ? 'the whole repository' : path;
  throw new GantryError('conflict', 'path-taken', `${where} is the app ${other.name}`, 'name another folder: --path');
}
