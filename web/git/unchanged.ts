import type { AppFound } from '../../engine/apps/find';
import { NO_COMMIT } from '../../engine/deliveries/accept';
import { messageOf } from '../../engine/model/errors';
import { PIPELINE_FILE, parsePipeline } from '../../pipelines/parse';
import { WHOLE_REPOSITORY } from '../../pipelines/paths';
import { GIT_READ_MS } from '../limits';
import type { WebParts } from '../parts';
import { repositoryFolder } from './repository';
import { runGit } from './run-git';

interface Move {
  before: string;
  after: string;
}
type Git = (...args: string[]) => Promise<string>;

/**
 * Names of the apps of a repository that a push leaves as they are: whose folder is the same in both commits and, where
 * the build sees the whole repository, what belongs to no app as well. Where that cannot be told, every app counts as
 * changed.
 * @param repository name of the app whose remote it is
 */
export async function unchangedApps(parts: WebParts, repository: string, move: Move): Promise<string[]> {
  if (move.before === NO_COMMIT || move.after === NO_COMMIT) return [];
  const apps = (await parts.engine.apps.list()).filter((app) => app.repository === repository && app.path !== '.');
  if (apps.length === 0) return [];
  const folder = repositoryFolder(parts.options, repository);
  const git: Git = (...args) => runGit(parts.options, ['-C', folder, ...args], GIT_READ_MS);
  try {
    const same = await withSameFolder(git, move, apps);
    if (same.length === 0 || !(await changedElsewhere(git, move, apps))) return same.map(({ name }) => name);
    const seeing = await seeingWholeRepository(git, move.after, same);
    return same.filter((app) => !seeing.has(app)).map(({ name }) => name);
  } catch (error) {
    parts.log.warn({ app: repository, error: messageOf(error) }, 'changed folders could not be told; all count');
    return [];
  }
}

/** Git names a folder by its content, so two names are compared and no file is looked at. */
async function withSameFolder(git: Git, { before, after }: Move, apps: readonly AppFound[]): Promise<AppFound[]> {
  const paths = apps.map(({ path }) => path);
  const [then, now] = await Promise.all([before, after].map((commit) => objectsAt(git, commit, paths)));
  return apps.filter(({ path }) => then?.get(path) === now?.get(path));
}

/** What Git calls the content of each folder or file at a commit; those that are not there are left out. */
async function objectsAt(git: Git, commit: string, paths: readonly string[]): Promise<Map<string, string>> {
  const text = await git('ls-tree', '-z', '--full-tree', commit, '--', ...paths);
  return new Map(
    text.split('\0').flatMap((line): [string, string][] => {
      const [facts, path] = line.split('\t');
      return facts === undefined || path === undefined ? [] : [[path, facts]];
    }),
  );
}

/** Did anything change that lies in no app's folder? */
async function changedElsewhere(git: Git, { before, after }: Move, apps: readonly AppFound[]): Promise<boolean> {
  const outside = apps.map(({ path }) => `:(top,exclude,literal)${path}`);
  return (await git('diff-tree', '-r', '--name-only', '-z', before, after, '--', ':(top)', ...outside)) !== '';
}

/**
 * Those whose build sees more than their folder. An app without a readable `gantry.yml` sees nothing: its next run would
 * only say so again. One file after the other: a repository may have hundreds of apps.
 */
async function seeingWholeRepository(git: Git, commit: string, apps: readonly AppFound[]): Promise<Set<AppFound>> {
  const fileOf = ({ path }: AppFound): string => `${path}/${PIPELINE_FILE}`;
  const files = await objectsAt(git, commit, apps.map(fileOf));
  const seeing = new Set<AppFound>();
  for (const app of apps.filter((one) => files.has(fileOf(one)))) {
    const read = parsePipeline(await git('show', `${commit}:${fileOf(app)}`));
    if (read.ok && read.spec.build.image?.context === WHOLE_REPOSITORY) seeing.add(app);
  }
  return seeing;
}
