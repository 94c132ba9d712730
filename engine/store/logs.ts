import { appendFileSync, mkdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Recent } from '../model/recent';
import type { Logs } from '../ports/bytes';

/** Folders that are known to be there: each run has one, and few runs are at work. */
const FOLDERS_KNOWN = 256;

/** Step logs as files: `<folder>/<run>/<step>.log`, where both are ids of ours (never text of a user). */
export function fileLogs(folder: string): Logs {
  const path = (runId: string, stepId: string) => join(folder, safe(runId), `${safe(stepId)}.log`);
  const made = new Recent<string, true>(FOLDERS_KNOWN);
  const prepare = (file: string): void => {
    const place = dirname(file);
    if (made.get(place)) return;
    mkdirSync(place, { recursive: true });
    made.put(place, true);
  };
  return {
    // Not in the thread pool: a few lines go to the page cache in 25 µs, and three trips to a thread take longer.
    append: async (runId, stepId, bytes) => {
      const file = path(runId, stepId);
      prepare(file);
      appendFileSync(file, bytes);
    },
    read: (runId, stepId, offset, limit) => readPart(path(runId, stepId), offset, limit),
    size: (runId, stepId) =>
      stat(path(runId, stepId)).then(
        (s) => s.size,
        () => 0,
      ),
  };
}

function safe(id: string): string {
  if (!/^[0-9a-f-]{1,40}$/.test(id)) throw new Error(`"${id}" is no id`);
  return id;
}

async function readPart(file: string, offset: number, limit: number): Promise<Buffer> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined; // no line was written yet
    throw error;
  });
  if (handle === undefined) return Buffer.alloc(0);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(limit), 0, limit, offset);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
