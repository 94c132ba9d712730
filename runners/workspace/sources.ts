import { join } from 'node:path';
import { type Commit, Diff, Graph, Oid, Repository, type Tree } from 'nodegit';
import { type Pack, pack } from 'tar-stream';
import { GantryError, messageOf } from '../../engine/model/errors';
import { Recent } from '../../engine/model/recent';
import type { ChangedPaths, CommitFacts, Extras, Sources } from '../../engine/ports/sources';
import { RecentArchives } from './recent-archives';
import { type Folder, fileAt, filesIn, folderAt, MODE_LINK } from './tree-files';

/** Git's mode of a file that may be run. */
const MODE_EXECUTABLE = 0o100755;
/** Larger files have no place in a build context. */
const FILE_LIMIT_BYTES = 512 * 1024 * 1024;
const FILE_COUNT_LIMIT = 100_000;

/** Commits that were read lately: the steps of a run all ask for the same one, and it never changes. */
const COMMITS_KEPT = 16;

/** A commit with its files. */
interface Snapshot {
  repository: Repository;
  commit: Commit;
  tree: Tree;
}

/** Reads commits of the bare repositories in `folder` (`APP.git`), in this process, without any checkout. */
export function gitSources(folder: string): Sources {
  const open = (app: string) => openRepository(folder, app);
  const recent = new Recent<string, Snapshot>(COMMITS_KEPT);
  const at = async (app: string, sha: string): Promise<Snapshot> => {
    const key = `${app} ${sha}`;
    return recent.get(key) ?? recent.put(key, await snapshot(await open(app), app, sha));
  };
  const archives = new RecentArchives();
  return {
    commit: async (app, sha) => facts((await at(app, sha)).commit),
    comesFrom: async (app, sha, ancestor) => comesFrom(await open(app), sha, ancestor),
    changedPaths: async (app, earlier, sha, limit) => changedPaths(await open(app), { app, sha }, earlier, limit),
    history: async (app, sha, since, limit) => history(await open(app), (await at(app, sha)).commit, since, limit),
    extras: async (app, sha) => ((await fileAt(whole(await at(app, sha)), '.gitmodules')) ? ['submodules'] : []),
    readFile: async (app, sha, path, limitBytes, extras) =>
      readFile(whole(await at(app, sha), extras), path, limitBytes),
    listFiles: async (app, sha, limit, extras) => {
      const paths: string[] = [];
      for await (const { path } of filesIn(whole(await at(app, sha), extras))) {
        if (paths.length >= limit) break;
        paths.push(path);
      }
      return paths;
    },
    tar: (app, sha, under, extras = []) =>
      archives.get([app, sha, under, ...extras].join(' '), async () => {
        const found = await at(app, sha);
        return tarOf(await folderOf(whole(found, extras), under, app, sha), found.commit.timeMs());
      }),
    heads: async (app) => {
      const references = await (await open(app)).getReferences();
      return references
        .filter((r) => Boolean(r.isConcrete()))
        .map((r) => ({ ref: r.name(), commit: r.target().tostrS() }));
    },
  };
}

const whole = ({ repository, tree }: Snapshot, extras: Extras = []): Folder => ({ repository, tree, extras });

async function openRepository(folder: string, app: string): Promise<Repository> {
  if (!/^[a-z0-9-]+$/.test(app)) throw new GantryError('invalid', 'app-name', `"${app}" is no app's name`);
  try {
    return await Repository.openBare(join(folder, `${app}.git`));
  } catch (error) {
    throw new GantryError(
      'unavailable',
      'repository-unreadable',
      `the repository of ${app} cannot be read: ${messageOf(error)}`,
      'check the folder git/ in the data folder',
      { cause: error },
    );
  }
}

async function snapshot(repository: Repository, app: string, sha: string): Promise<Snapshot> {
  try {
    const commit = await repository.getCommit(sha);
    return { repository, commit, tree: await commit.getTree() };
  } catch (error) {
    throw new GantryError('not-found', 'commit-unknown', `${app} has no commit ${sha}`, 'push it again', {
      cause: error,
    });
  }
}

/** A commit that was never fetched, or is collected, is nobody's ancestor as far as is known here. */
async function comesFrom(repository: Repository, sha: string, ancestor: string): Promise<boolean> {
  const found = Graph.descendantOf(repository, Oid.fromString(sha), Oid.fromString(ancestor));
  return (await found.catch(() => 0)) === 1;
}

/** Git names a folder by its content, so only folders that differ are read. */
async function changedPaths(
  repository: Repository,
  { app, sha }: { app: string; sha: string },
  earlier: string,
  limit: number,
): Promise<ChangedPaths> {
  const later = await snapshot(repository, app, sha);
  const before = await snapshot(repository, app, earlier).catch(() => undefined);
  if (before === undefined) return { unknown: `commit ${earlier.slice(0, 12)}, the one before, is not there any more` };
  // Otherwise a file that became a link stands there twice.
  const flags = Diff.OPTION.INCLUDE_TYPECHANGE;
  const diff = await Diff.treeToTree(repository, before.tree, later.tree, { flags });
  const count = diff.numDeltas();
  if (count > limit) return { unknown: `more than ${limit} files changed` };
  return { paths: Array.from({ length: count }, (_, index) => diff.getDelta(index).oldFile().path()) };
}

async function history(
  repository: Repository,
  commit: Commit,
  since: string | null,
  limit: number,
): Promise<CommitFacts[]> {
  const isKnown = since !== null && (await repository.getCommit(since).catch(() => undefined)) !== undefined;
  const walk = repository.createRevWalk();
  walk.push(Oid.fromString(commit.sha()));
  if (isKnown) walk.hide(Oid.fromString(since));
  return (await walk.getCommits(limit)).map(facts);
}

function facts(commit: Commit): CommitFacts {
  return {
    commit: commit.sha(),
    title: commit.summary(),
    message: commit.message(),
    author: commit.author().name(),
    email: commit.author().email(),
    committerEmail: commit.committer().email(),
    time: commit.timeMs(),
    parents: commit.parents().map((p) => p.tostrS()),
  };
}

async function readFile(folder: Folder, path: string, limitBytes: number): Promise<Buffer | undefined> {
  const entry = await fileAt(folder, path);
  if (entry === undefined) return undefined;
  const blob = await entry.getBlob();
  if (blob.rawsize() > limitBytes) {
    throw new GantryError('invalid', 'file-too-large', `${path} is larger than ${limitBytes} bytes`, 'make it smaller');
  }
  return blob.content();
}

async function folderOf(whole: Folder, under: string, app: string, sha: string): Promise<Folder> {
  const path = under.replace(/^\.?\/*/, '').replace(/\/+$/, '');
  const found = await folderAt(whole, path);
  if (found === undefined) {
    throw new GantryError('invalid', 'folder-missing', `${app} has no folder "${under}" at ${sha.slice(0, 12)}`);
  }
  return found;
}

function tarOf(folder: Folder, timeMs: number): NodeJS.ReadableStream {
  const archive = pack();
  write(archive, folder, new Date(timeMs)).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  return archive as unknown as NodeJS.ReadableStream; // streamx: the same in use, fewer declared methods
}

async function write(archive: Pack, folder: Folder, mtime: Date): Promise<void> {
  let count = 0;
  for await (const { path, entry } of filesIn(folder)) {
    if (++count > FILE_COUNT_LIMIT) {
      throw new GantryError('invalid', 'too-many-files', `the folder has more than ${FILE_COUNT_LIMIT} files`);
    }
    const blob = await entry.getBlob();
    if (blob.rawsize() > FILE_LIMIT_BYTES) {
      throw new GantryError('invalid', 'file-too-large', `${path} is larger than ${FILE_LIMIT_BYTES} bytes`);
    }
    await add(archive, entry.filemode(), path, blob.content(), mtime);
  }
}

function add(archive: Pack, filemode: number, name: string, content: Buffer, mtime: Date): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error?: Error | null) => (error ? reject(error) : resolve());
    if (filemode === MODE_LINK) {
      archive.entry({ name, type: 'symlink', linkname: content.toString(), mtime }, done);
      return;
    }
    const mode = filemode === MODE_EXECUTABLE ? 0o755 : 0o644;
    archive.entry({ name, mode, mtime, size: content.length }, content, done);
  });
}
