import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TEXT_MAX } from '../../pipelines/limits';
import { isTextWanted, type RepositoryFile } from '../../pipelines/propose';
import { failure } from '../errors';

/** As many files are looked at; what decides stands near the top of a repository. */
const FILES_MAX = 5000;
/** Folders that are made, not written. */
const SKIPPED = new Set(['.git', 'node_modules', 'target', 'dist', 'build', 'vendor', '.gradle', '.venv', '.gantry']);

/** Paths of a folder, with the text of those files that tell how to build it. Links are not followed. */
export function readRepository(folder: string): RepositoryFile[] {
  const files: RepositoryFile[] = [];
  const folders = [''];
  for (let at = folders.shift(); at !== undefined && files.length < FILES_MAX; at = folders.shift()) {
    for (const entry of entriesOf(folder, at)) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) folders.push(path);
      if (entry.isFile()) files.push(fileAt(folder, path));
    }
  }
  return files.slice(0, FILES_MAX);
}

function entriesOf(folder: string, at: string): Dirent[] {
  try {
    return readdirSync(join(folder, at), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (at !== '') return [];
    throw failure(
      'no-folder',
      `${folder} cannot be read: ${(error as Error).message}`,
      'name the folder of a repository',
    );
  }
}

function fileAt(folder: string, path: string): RepositoryFile {
  const file = join(folder, path);
  if (!isTextWanted(path) || statSync(file).size > TEXT_MAX) return { path };
  return { path, text: readFileSync(file, 'utf8') };
}
