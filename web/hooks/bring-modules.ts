import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceToFetch } from '../../engine/apps/source';
import { readSourceUrl } from '../../engine/apps/source-url';
import { moduleRef, moduleUrl } from '../../engine/extras/module-url';
import { GantryError, messageOf } from '../../engine/model/errors';
import type { GitPlace } from '../git/environment';
import { type Module, modulesOf } from '../git/modules';
import { repositoriesFolder, repositoryFolder } from '../git/repository';
import { runGit } from '../git/run-git';
import { FETCH_MS, GIT_READ_MS, MODULE_DEPTH_MAX, MODULES_MAX } from '../limits';
import { FETCH } from './fetch';
import { askSource, REF_FAILED } from './remote-git';

interface CommitToComplete {
  app: string;
  source: SourceToFetch;
  commit: string;
}

/**
 * Brings the files of a commit's submodules, and of theirs, into the app's own repository: each as it is pinned, without
 * its history, under a ref that nobody is shown. What is there already is not fetched again. `git submodule` is never
 * run, and of `.gitmodules` only paths and addresses are used.
 * @throws GantryError `invalid` for what the commit asks for and does not get; else what `askSource` throws.
 */
export async function bringModules(
  place: GitPlace,
  { app, source, commit }: CommitToComplete,
  stop: AbortSignal,
): Promise<void> {
  const folder = repositoryFolder(place, app);
  const brought = new Set<string>();
  let count = 0;
  const bring = async (tree: string, parent: string, above: readonly string[]): Promise<void> => {
    for (const module of await modulesOf(place, folder, tree)) {
      const path = [...above, module.path].join('/');
      if (++count > MODULES_MAX) throw tooMany(`a commit may have ${MODULES_MAX} submodules, and this one has more`);
      if (above.length >= MODULE_DEPTH_MAX) throw tooMany(`${path} lies in more than ${MODULE_DEPTH_MAX} submodules`);
      const url = await saying(path, async () => moduleUrl(parent, module.url));
      if (brought.has(module.commit)) continue;
      if (!(await isHere(place, folder, module))) {
        await saying(path, () => fetchModule(place, { app, source: { ...source, url } }, module, stop));
      }
      brought.add(module.commit);
      await bring(moduleRef(module.commit), url, [...above, module.path]);
    }
  };
  await bring(commit, readSourceUrl(source.url).url, []);
}

const tooMany = (message: string): GantryError =>
  new GantryError('invalid', 'submodules-too-many', message, 'leave some out');

/** Says of which submodule an error speaks. */
async function saying<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GantryError)) throw error;
    const message = `submodule ${path}: ${messageOf(error)}`;
    throw new GantryError(error.kind, error.code, message, error.next, { cause: error });
  }
}

async function isHere(place: GitPlace, folder: string, { commit }: Module): Promise<boolean> {
  const ref = moduleRef(commit);
  return (await runGit(place, ['-C', folder, 'for-each-ref', '--format=%(refname)', ref], GIT_READ_MS)).trim() === ref;
}

/** Names of the repositories that live for one fetch: see `removeOldModules`. */
const TEMPORARY = '.module-';

/**
 * Into a repository of its own first: a commit without its history would make that of the app one that is cut off,
 * which can be neither bundled nor pushed to. Its files then go over as a commit that has no parents.
 */
async function fetchModule(
  place: GitPlace,
  from: Pick<CommitToComplete, 'app' | 'source'>,
  { commit }: Module,
  stop: AbortSignal,
): Promise<void> {
  const folder = await mkdtemp(join(repositoriesFolder(place), TEMPORARY));
  const git = (...args: string[]) => runGit(place, args, FETCH_MS);
  try {
    await git('init', '--quiet', '--bare', '--template=', folder);
    await fetchCommit(place, from, { commit, folder }, stop);
    const tree = await git('-C', folder, 'rev-parse', '--verify', `${commit}^{tree}`).catch((error: unknown) => {
      throw notThere(commit, error);
    });
    const as = ['-c', 'user.name=gantry', '-c', 'user.email=gantry@localhost'];
    const made = await git('-C', folder, ...as, 'commit-tree', '-m', `the files of ${commit}`, tree.trim());
    await git('-C', folder, 'update-ref', FILES, made.trim());
    await git('-C', repositoryFolder(place, from.app), ...FETCH, '--', folder, `+${FILES}:${moduleRef(commit)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The commit alone; with all that the source has where it gives nothing but what its refs name. */
async function fetchCommit(
  place: GitPlace,
  { app, source }: Pick<CommitToComplete, 'app' | 'source'>,
  { commit, folder }: { commit: string; folder: string },
  stop: AbortSignal,
): Promise<void> {
  const limits = { limitMs: FETCH_MS, stop, folder };
  try {
    const command = [...FETCH, '--depth=1'] as const;
    await askSource(place, app, source, { ...limits, command, about: [`${commit}:refs/one`] });
  } catch (error) {
    if (!(error instanceof GantryError) || error.code !== REF_FAILED) throw error;
    await askSource(place, app, source, { ...limits, command: FETCH, about: ALL });
  }
}

const ALL = ['+refs/heads/*:refs/all/heads/*', '+refs/tags/*:refs/all/tags/*'];

/** Where what goes over stands. */
const FILES = 'refs/heads/files';

const notThere = (commit: string, cause: unknown): GantryError =>
  new GantryError('unavailable', 'git-failed', `there is no commit ${commit.slice(0, 12)} there`, 'push it there', {
    cause,
  });

/** Removes what a process left behind when it was killed. */
export async function removeOldModules(place: GitPlace): Promise<void> {
  const folder = repositoriesFolder(place);
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(TEMPORARY)) continue;
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (found === undefined || Date.now() - found.mtimeMs < 2 * FETCH_MS) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
