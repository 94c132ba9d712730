import { appendFileSync, mkdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Logs } from '../ports/bytes';

/** Step logs as files: `<folder>/<run>/<step>.log`, where both are ids of ours (never text of a user). */
export function fileLogs(folder: string): Logs {
  const path = (runId: string, stepId: string) => join(folder, safe(runId), `${safe(stepId)}.log`);
  return {
    // Not in the thread pool: a few lines go to the page cache in 25 µs, and three trips to a thread take longer.
    append: async (runId, stepId, bytes) => {
      const file = path(runId, stepId);
      try {
        appendFileSync(file, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        mkdirSync(dirname(file), { recursive: true });
        appendFileSync(file, bytes);
      }
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
