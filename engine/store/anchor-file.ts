import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GantryError, messageOf } from '../model/errors';
import type { Anchors } from '../ports/anchors';

const PRIVATE = 0o600;

/** Anchored heads as a file of lines; its folder is made with the first of them. */
export function anchorFile(file: string): Anchors {
  return {
    where: file,
    lines: () => linesOf(file),
    size: () =>
      stat(file).then(
        ({ size }) => size,
        (error: unknown) => (isMissing(error) ? 0 : Promise.reject(unusable(file, error))),
      ),
    append: async (line) => {
      try {
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        const handle = await open(file, 'a', PRIVATE);
        try {
          await appendWhole(handle, `${line}\n`);
        } finally {
          await handle.close();
        }
      } catch (error) {
        throw unusable(file, error);
      }
    },
  };
}

/** Half a line, of a full disk, would look for good as if somebody had changed the file: it is taken back. */
async function appendWhole(handle: FileHandle, text: string): Promise<void> {
  const { size } = await handle.stat();
  try {
    await handle.appendFile(text);
    await handle.datasync();
  } catch (error) {
    await handle.truncate(size).catch(() => undefined); // what failed first is the reason
    throw error;
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw unusable(file, error);
  });
  if (handle === undefined) return;
  try {
    yield* handle.readLines();
  } finally {
    await handle.close(); // also for whoever has read enough
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const unusable = (file: string, error: unknown): GantryError =>
  new GantryError(
    'unavailable',
    'anchors-unusable',
    `the audit's anchors ${file} cannot be used: ${messageOf(error)}`,
    'look at its disk, its rights and its mount, or name another file: GANTRY_ANCHORS',
    { cause: error },
  );
