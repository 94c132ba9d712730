import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFolders } from '../ports/bytes';

/** The folders that `fileLogs` writes into; others are not ours and are passed by. */
export function fileLogFolders(folder: string): LogFolders {
  return {
    list: () => list(folder),
    remove: (runId) => rm(join(folder, checked(runId)), { recursive: true, force: true }),
  };
}

async function* list(folder: string): ReturnType<LogFolders['list']> {
  for (const runId of await namesIn(folder)) {
    if (!isId(runId)) continue;
    let size = 0;
    for (const name of await namesIn(join(folder, runId))) size += await sizeOf(join(folder, runId, name));
    yield { runId, size };
  }
}

const isId = (name: string): boolean => /^[0-9a-f-]{36}$/.test(name);

function checked(runId: string): string {
  if (!isId(runId)) throw new Error(`"${runId}" is no id`);
  return runId;
}

/** Nothing for a folder that was never made, or that somebody removed meanwhile. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
