import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type Docker from 'dockerode';
import { type Pack, pack } from 'tar-stream';
import { StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import type { InjectedFile } from '../../engine/ports/cluster';
import { sending } from './client';

/** The base's entry point checks the files named here before each start; the format is that of `sha256sum`. */
export const SUMS_FILE = '/gantry/artifacts.sha256';
const EPOCH = new Date(0);

/**
 * The files as a tar stream, each with a fixed owner and time, so that the same files are the same bytes. Artifacts go
 * from disk to Docker in pieces and are never in memory as a whole. Folders are not named: those that exist keep their
 * owner and mode.
 * @throws StepFailure (user) for a path that is not a plain absolute one; the stream fails when an artifact is damaged
 */
export function packFiles(files: readonly InjectedFile[], bytes: Bytes): Readable {
  for (const { to } of files) checkPath(to);
  const archive = pack();
  addAll(archive, files, bytes).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  );
  // The package types its own stream; it is read like any other.
  return archive as unknown as Readable;
}

/** Unpacks a tar stream in a container that was created; Docker makes missing folders on the way. */
export async function putFiles(
  container: Docker.Container,
  files: Readable,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  await sending(files, signal, (body, abortSignal) => container.putArchive(body, { path, abortSignal }));
}

/** Lines of `SUMS_FILE` for the artifacts that are to be checked at each start; empty when there are none. */
export function sumsOf(files: readonly InjectedFile[]): string {
  return files
    .map(({ to, from, verify }) => (verify && 'digest' in from ? `${from.digest.replace('sha256:', '')}  ${to}\n` : ''))
    .join('');
}

/** The files and, when some of them are to be checked, the list of their sums. */
export function withSums(files: readonly InjectedFile[]): InjectedFile[] {
  const text = sumsOf(files);
  return text === '' ? [...files] : [...files, { to: SUMS_FILE, from: { text }, mode: 0o444, verify: false }];
}

function checkPath(path: string): void {
  if (posix.isAbsolute(path) && posix.normalize(path) === path && !path.endsWith('/') && !path.includes('\0')) return;
  throw new StepFailure(
    'user',
    `the path ${JSON.stringify(path)} of a file for the container is no plain absolute path`,
    'write it like /etc/app/settings.properties, without .. and without a slash at the end',
  );
}

async function addAll(archive: Pack, files: readonly InjectedFile[], bytes: Bytes): Promise<void> {
  for (const { to, from, mode } of files) {
    const header = { name: to.slice(1), mode, mtime: EPOCH, uid: 0, gid: 0 };
    if ('text' in from) {
      archive.entry(header, from.text);
      continue;
    }
    const path = await bytes.file(from.digest);
    const { size } = await stat(path);
    await pipeline(createReadStream(path), archive.entry({ ...header, size }));
  }
}
