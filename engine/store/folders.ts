import type { Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';

/** The names in a folder; none where it was never made, was removed meanwhile, or is no folder. */
export const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(ifMissing([]));

/** Undefined for a file that somebody removed meanwhile. */
export const statOf = (path: string): Promise<Stats | undefined> => stat(path).catch(ifMissing(undefined));

/** Resolves when the disk has a file, or the names in a folder. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function ifMissing<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value;
    throw error;
  };
}
