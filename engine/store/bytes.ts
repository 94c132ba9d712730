import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { GantryError, messageOf } from '../model/errors';
import type { Bytes } from '../ports/bytes';
import { namesIn, statOf, syncPath } from './folders';

const READ_BYTES = 1024 * 1024;
const HEX = /^[0-9a-f]{64}$/;

/** Bytes as files under `<folder>/sha256/ab/abcdef…`. `temporary` makes names for what is not whole yet. */
export function fileBytes(folder: string, temporary: () => string): Bytes {
  const place = (digest: string) => {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new GantryError('invalid', 'digest', `"${digest.slice(0, 80)}" is no sha256 digest`);
    return join(folder, 'sha256', hex.slice(0, 2), hex);
  };
  return {
    put: (stream, limitBytes, expected) =>
      put(stream, { limitBytes, expected, incoming: join(folder, 'incoming', temporary()) }, place),
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
    read: (digest) => checkedStream(place(digest), digest),
    remove: (digest) => rm(place(digest), { force: true }),
    list: () => list(join(folder, 'sha256')),
    tidy: (before) => tidy(join(folder, 'incoming'), before),
  };
}

/** Temp file, fsync, hash, rename, fsync of the folder: what is visible is whole. */
async function put(
  stream: NodeJS.ReadableStream,
  { limitBytes, expected, incoming }: { limitBytes: number; expected: string | undefined; incoming: string },
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
    if (expected !== undefined && digest !== expected) throw differs(digest, expected);
    const path = place(digest);
    await mkdir(dirname(path), { recursive: true });
    await rename(incoming, path);
    await syncPath(dirname(path));
    return { digest, size };
  } catch (error) {
    await rm(incoming, { force: true });
    throw error;
  }
}

function differs(digest: string, expected: string): GantryError {
  const message = `the bytes hash to ${digest}, and ${expected} was expected`;
  return new GantryError('invalid', 'digest-differs', message, 'send them again');
}

function tooLarge(limitBytes: number): GantryError {
  return new GantryError(
    'invalid',
    'too-large',
    `the bytes are larger than the limit of ${Math.round(limitBytes / 1_048_576)} MiB`,
    'make the artifact smaller',
  );
}

const verify = (path: string, digest: string): Promise<void> => finished(checkedStream(path, digest).resume());

/** The bytes as they come from the disk; its end is an error when they are not what they were. */
function checkedStream(path: string, digest: string): Readable {
  const hash = createHash('sha256');
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const found = `sha256:${hash.digest('hex')}`;
      done(found === digest ? null : damaged(digest, found));
    },
  });
  const file = createReadStream(path, { highWaterMark: READ_BYTES });
  file.on('error', (error: NodeJS.ErrnoException) =>
    check.destroy(error.code === 'ENOENT' ? missing(digest, error) : unreadable(digest, error)),
  );
  check.on('close', () => file.destroy());
  return file.pipe(check);
}

function missing(digest: string, cause: Error): GantryError {
  const message = `the bytes of ${digest} are not here`;
  return new GantryError('not-found', 'artifact-missing', message, 'build the run again', { cause });
}

/** Nothing is known about the bytes: too many open files, a disk that does not answer. */
function unreadable(digest: string, cause: Error): GantryError {
  const message = `the bytes of ${digest} cannot be read now: ${messageOf(cause)}`;
  return new GantryError('unavailable', 'artifact-unreadable', message, 'look at the disk, then try again', { cause });
}

function damaged(digest: string, found: string): GantryError {
  return new GantryError(
    'unavailable',
    'artifact-damaged',
    `the stored bytes of ${digest} hash to ${found}: they were changed on disk and are not used`,
    'restore the file from a backup, or run the build again',
  );
}

/** What else lies there is not ours and is passed by. */
async function* list(folder: string): ReturnType<Bytes['list']> {
  for (const name of await namesIn(folder)) {
    for (const hex of await namesIn(join(folder, name))) {
      if (!HEX.test(hex)) continue;
      const found = await statOf(join(folder, name, hex));
      if (found !== undefined) yield { digest: `sha256:${hex}`, size: found.size, writtenAt: found.mtimeMs };
    }
  }
}

async function tidy(incoming: string, before: number): Promise<void> {
  for (const name of await namesIn(incoming)) {
    const path = join(incoming, name);
    const found = await statOf(path);
    if (found !== undefined && found.mtimeMs < before) await rm(path, { force: true });
  }
}
