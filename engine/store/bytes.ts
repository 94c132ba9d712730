import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GantryError } from '../model/errors';
import type { Bytes } from '../ports/bytes';

/** Bytes as files under `<folder>/sha256/ab/abcdef…`. `temporary` makes names for what is not whole yet. */
export function fileBytes(folder: string, temporary: () => string): Bytes {
  const place = (digest: string) => {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new GantryError('invalid', 'digest', `"${digest.slice(0, 80)}" is no sha256 digest`);
    return join(folder, 'sha256', hex.slice(0, 2), hex);
  };
  return {
    put: (stream, limitBytes) => put(stream, limitBytes, join(folder, 'incoming', temporary()), place),
    has: (digest) =>
      stat(place(digest)).then(
        () => true,
        () => false,
      ),
    file: async (digest) => {
      const path = place(digest);
      await verify(path, digest);
      return path;
    },
    remove: (digest) => rm(place(digest), { force: true }),
  };
}

/** Temp file, fsync, hash, rename, fsync of the folder: what is visible is whole. */
async function put(
  stream: NodeJS.ReadableStream,
  limitBytes: number,
  incoming: string,
  place: (digest: string) => string,
): Promise<{ digest: string; size: number }> {
  await mkdir(dirname(incoming), { recursive: true });
  const hash = createHash('sha256');
  let size = 0;
  const meter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      hash.update(chunk);
      done(size > limitBytes ? tooLarge(limitBytes) : null, chunk);
    },
  });
  try {
    await pipeline(stream, meter, createWriteStream(incoming, { flush: true }));
    const digest = `sha256:${hash.digest('hex')}`;
    const path = place(digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(incoming, path);
    await syncFolder(dirname(path));
    return { digest, size };
  } catch (error) {
    await rm(incoming, { force: true });
    throw error;
  }
}

function tooLarge(limitBytes: number): GantryError {
  return new GantryError(
    'invalid',
    'too-large',
    `the bytes are larger than the limit of ${Math.round(limitBytes / 1_048_576)} MiB`,
    'make the artifact smaller',
  );
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function verify(path: string, digest: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    throw new GantryError(
      'not-found',
      'artifact-missing',
      `the bytes of ${digest} are not here`,
      'build the run again',
      {
        cause: error,
      },
    );
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) {
    throw new GantryError(
      'unavailable',
      'artifact-damaged',
      `the stored bytes of ${digest} hash to ${found}: they were changed on disk and are not used`,
      'restore the file from a backup, or run the build again',
    );
  }
}
