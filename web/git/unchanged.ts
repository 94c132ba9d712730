import type { AppFound } from '../../engine/apps/find';
import { NO_COMMIT } from '../../engine/deliveries/accept';
import { messageOf } from '../../engine/model/errors';
import { GIT_READ_MS } from '../limits';
import type { WebParts } from '../parts';
import { repositoryFolder } from './repository';
import { runGit } from './run-git';

/**
 * Names of the apps of a repository whose folder is the same in both commits. Git names a folder by its content, so two
 * names are compared and no file is looked at. Where that cannot be told, every app counts as changed.
 * @param repository name of the app whose remote it is
 */
export async function unchangedApps(
  parts: WebParts,
  repository: string,
  { before, after }: { before: string; after: string },
): Promise<string[]> {
  if (before === NO_COMMIT || after === NO_COMMIT) return [];
  const apps = (await parts.engine.apps.list()).filter((app) => app.repository === repository && app.path !== '.');
  if (apps.length === 0) return [];
  try {
    const [then, now] = await Promise.all([before, after].map((commit) => foldersAt(parts, repository, commit, apps)));
    return apps.filter(({ path }) => then?.get(path) === now?.get(path)).map(({ name }) => name);
  } catch (error) {
    parts.log.warn({ app: repository, error: messageOf(error) }, 'changed folders could not be told; all count');
    return [];
  }
}

/** What Git calls the content of each app's folder at a commit; folders that are not there are left out. */
async function foldersAt(
  parts: WebParts,
  repository: string,
  commit: string,
  apps: readonly AppFound[],
): Promise<Map<string, string>> {
  const folder = repositoryFolder(parts.options, repository);
  const args = ['-C', folder, 'ls-tree', '-z', '--full-tree', commit, '--', ...apps.map(({ path }) => path)];
  const lines = (await runGit(parts.options, args, GIT_READ_MS)).split('\0').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [facts = '', path = ''] = line.split('\t');
      return [path, facts];
    }),
  );
}
