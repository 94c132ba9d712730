import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFolders } from '../ports/bytes';
import { namesIn, statOf } from './folders';

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
    for (const name of await namesIn(join(folder, runId))) size += (await statOf(join(folder, runId, name)))?.size ?? 0;
    yield { runId, size };
  }
}

const isId = (name: string): boolean => /^[0-9a-f-]{36}$/.test(name);

function checked(runId: string): string {
  if (!isId(runId)) throw new Error(`"${runId}" is no id`);
  return runId;
}
