import { GantryError } from '../../engine/model/errors';
import { GIT_READ_MS, MODULES_FILE_MAX } from '../limits';
import type { GitPlace } from './environment';
import { runGit } from './run-git';

/** A submodule of a commit. */
export interface Module {
  path: string;
  /** As `.gitmodules` has it. */
  url: string;
  /** That it is pinned at. */
  commit: string;
}

/**
 * The submodules that a commit pins and names. Git reads `.gitmodules`, as a file of settings without includes; nothing
 * else in it has a meaning here.
 * @param tree a commit, or a ref that stands at one
 * @throws GantryError `submodule-file`, `git-failed`.
 */
export async function modulesOf(place: GitPlace, folder: string, tree: string): Promise<Module[]> {
  const listed = await entries(place, folder, tree, ['.gitmodules']);
  const file = listed.find(({ path }) => path === '.gitmodules');
  if (file === undefined) return [];
  if (file.type !== 'blob' || file.mode === MODE_LINK) throw refused('is no file');
  if (file.size > MODULES_FILE_MAX) throw refused(`is larger than ${MODULES_FILE_MAX} bytes`);
  const urls = await urlsByPath(place, folder, file.id);
  if (urls.size === 0) return [];
  const pinned = await entries(place, folder, tree, [...urls.keys()]);
  return pinned.flatMap(({ mode, id, path }) => {
    const url = urls.get(path);
    return mode === MODE_MODULE && url !== undefined ? [{ path, url, commit: id }] : [];
  });
}

/** Git's modes of entries of a tree. */
const MODE_LINK = '120000';
const MODE_MODULE = '160000';

interface Entry {
  mode: string;
  type: string;
  id: string;
  /** 0 for what is no file. */
  size: number;
  path: string;
}

async function entries(place: GitPlace, folder: string, tree: string, paths: readonly string[]): Promise<Entry[]> {
  const args = ['--literal-pathspecs', '-C', folder, 'ls-tree', '-z', '--long', '--full-tree', tree, '--', ...paths];
  const text = await runGit(place, args, GIT_READ_MS);
  return text.split('\0').flatMap((line): Entry[] => {
    const [, mode = '', type = '', id = '', size = '', path = ''] = ENTRY.exec(line) ?? [];
    return path === '' ? [] : [{ mode, type, id, size: Number(size) || 0, path }];
  });
}

const ENTRY = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t([\s\S]+)$/;

async function urlsByPath(place: GitPlace, folder: string, blob: string): Promise<Map<string, string>> {
  const args = ['-C', folder, 'config', '--blob', blob, '--null', '--list'];
  const text = await runGit(place, args, GIT_READ_MS).catch((error: unknown) => {
    throw refused('cannot be read', { cause: error });
  });
  const modules = new Map<string, { path?: string; url?: string }>();
  for (const line of text.split('\0')) {
    const [, name = '', key = '', value = ''] = SETTING.exec(line) ?? [];
    if (key === '') continue;
    modules.set(name, { ...modules.get(name), [key]: value });
  }
  const named = [...modules.values()].flatMap(({ path, url }): [string, string][] =>
    path === undefined || url === undefined || !isPlain(path) ? [] : [[path, url]],
  );
  return new Map(named);
}

const SETTING = /^submodule\.([\s\S]*)\.(path|url)\n([\s\S]*)$/;

const isPlain = (path: string): boolean =>
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

const refused = (what: string, options?: ErrorOptions): GantryError =>
  new GantryError('invalid', 'submodule-file', `.gitmodules ${what}`, 'write it as git submodule does', options);
