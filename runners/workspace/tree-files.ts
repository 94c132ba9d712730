import type { Repository, Tree, TreeEntry } from 'nodegit';
import { moduleRef } from '../../engine/extras/module-url';
import { GantryError } from '../../engine/model/errors';
import type { Extras } from '../../engine/ports/sources';

/** Git's file modes (gitformat-index): a link's content is its target, a submodule is a commit of another repository. */
export const MODE_LINK = 0o120000;
const MODE_MODULE = 0o160000;

/** A folder of a commit, or of a submodule of it, with the repository that holds both. */
export interface Folder {
  repository: Repository;
  tree: Tree;
  extras: Extras;
}

/** A file or a link. */
export interface FileFound {
  /** From the folder on that was looked through. */
  path: string;
  entry: TreeEntry;
}

/**
 * The files and links below a folder, in Git's order. Submodules are left out unless they are wanted.
 * @throws GantryError `submodule-missing`.
 */
export async function* filesIn(folder: Folder, above = ''): AsyncGenerator<FileFound> {
  for (const entry of folder.tree.entries()) {
    const path = `${above}${entry.name()}`;
    const below = await open(folder, entry, path);
    if (below !== undefined) yield* filesIn(below, `${path}/`);
    else if (entry.isBlob() || entry.filemode() === MODE_LINK) yield { path, entry };
  }
}

/** The file at a path; undefined when there is none, or it is no file. */
export async function fileAt(folder: Folder, path: string): Promise<TreeEntry | undefined> {
  const { entry } = (await entryAt(folder, path)) ?? {};
  return entry?.isBlob() && entry.filemode() !== MODE_LINK ? entry : undefined;
}

/** The folder at a path; undefined when there is none. */
export async function folderAt(folder: Folder, path: string): Promise<Folder | undefined> {
  if (path === '') return folder;
  const found = await entryAt(folder, path);
  return found && open(found.folder, found.entry, path);
}

/** An entry, and the commit's or submodule's files in which it stands. */
interface Found {
  folder: Folder;
  entry: TreeEntry;
}

async function entryAt(folder: Folder, path: string): Promise<Found | undefined> {
  const entry = await folder.tree.getEntry(path).catch(() => undefined); // libgit2 throws for "no such entry"
  if (entry !== undefined) return { folder, entry };
  if (!folder.extras.includes('submodules')) return undefined;
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length++) {
    const name = parts.slice(0, length).join('/');
    const above = await folder.tree.getEntry(name).catch(() => undefined); // as above
    if (above?.filemode() !== MODE_MODULE) continue;
    const inside = await open(folder, above, name);
    return inside && entryAt(inside, parts.slice(length).join('/'));
  }
  return undefined;
}

/** What an entry holds when it is a folder, or a submodule that is wanted. */
async function open(folder: Folder, entry: TreeEntry, path: string): Promise<Folder | undefined> {
  if (entry.isTree()) return { ...folder, tree: await entry.getTree() };
  if (entry.filemode() !== MODE_MODULE || !folder.extras.includes('submodules')) return undefined;
  const { repository } = folder;
  const commit = await repository.getReferenceCommit(moduleRef(entry.sha())).catch((error: unknown) => {
    const message = `the files of submodule ${path}, pinned at ${entry.sha().slice(0, 12)}, were not fetched`;
    throw new GantryError('invalid', 'submodule-missing', message, 'name its address in .gitmodules', {
      cause: error,
    });
  });
  return { ...folder, tree: await commit.getTree() };
}
