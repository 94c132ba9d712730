import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Extract, extract, type Header, type Pack, pack } from 'tar-stream';
import { StepFailure } from '../../engine/model/errors';
import { refuseLooseRuns, refuseSyntaxLine } from './dockerfile';

const DOCKERFILE_LIMIT_BYTES = 1024 * 1024;

export interface CheckedContext {
  /** What Docker reads. It fails, and with it the build, before its end when the Dockerfile is refused. */
  stream: Readable;
  /** The Dockerfile's text, once the context has been read to its end. */
  dockerfile: Promise<string>;
}

/**
 * Passes a build context on and looks at the Dockerfile on the way. BuildKit begins only when it has the whole
 * context, so a refusal comes before the first instruction runs.
 */
export function checkContext(context: NodeJS.ReadableStream, path: string): CheckedContext {
  const stream = pack();
  const wanted = posix.normalize(path);
  const read = passOn(context, stream, wanted);
  const dockerfile = read.then((text) => {
    if (text !== undefined) return text;
    throw new StepFailure(
      'user',
      `there is no ${path} in the build context`,
      'name the file in build.image.dockerfile',
    );
  });
  dockerfile.then(
    () => stream.finalize(),
    (error: Error) => stream.destroy(error),
  );
  return { stream: stream as unknown as Readable, dockerfile };
}

async function passOn(context: NodeJS.ReadableStream, out: Pack, wanted: string): Promise<string | undefined> {
  const entries = extract();
  const [dockerfile] = await Promise.all([passEntries(entries, out, wanted), pipeline(context, entries)]);
  return dockerfile;
}

async function passEntries(entries: Extract, out: Pack, wanted: string): Promise<string | undefined> {
  let dockerfile: string | undefined;
  for await (const entry of entries) {
    const header: Header = { ...entry.header, uid: 0, gid: 0, uname: '', gname: '' };
    if (posix.normalize(header.name) !== wanted || header.type !== 'file') {
      await pipeline(entry, out.entry(header));
      continue;
    }
    const bytes = await readSmall(entry, wanted, header.size ?? 0);
    dockerfile = bytes.toString('utf8');
    refuseSyntaxLine(wanted, dockerfile);
    refuseLooseRuns(wanted, dockerfile);
    out.entry(header, bytes);
  }
  return dockerfile;
}

async function readSmall(entry: AsyncIterable<unknown>, path: string, size: number): Promise<Buffer> {
  if (size > DOCKERFILE_LIMIT_BYTES) {
    throw new StepFailure('user', `${path} is larger than ${DOCKERFILE_LIMIT_BYTES} bytes`, 'is it the right file?');
  }
  const pieces: Buffer[] = [];
  for await (const piece of entry) pieces.push(Buffer.from(piece as Uint8Array));
  return Buffer.concat(pieces);
}
