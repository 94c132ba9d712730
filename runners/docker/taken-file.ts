import { posix } from 'node:path';
import type Docker from 'dockerode';
import { GantryError, StepFailure } from '../../engine/model/errors';
import type { Bytes } from '../../engine/ports/bytes';
import { WORK_FOLDER } from './build-folders';
import { ignoring, within } from './client';
import { globFolder, globPattern } from './glob';
import { eachEntry } from './tar-entries';

export interface TakenFile {
  name: string;
  digest: string;
  size: number;
}

/** An artifact beyond this is a mistake in the glob rather than an application. */
export const TAKE_LIMIT_BYTES = 2 * 1024 * 1024 * 1024;
const TAKE_TIMEOUT_MS = 600_000;
const NAMES_SHOWN = 20;

/**
 * Takes the one file that matches `glob` out of the working folder of an ended container. Nothing is unpacked: the
 * folder's archive is read past, then the file's own, straight into the store.
 * @throws StepFailure (user) when nothing or more than one file matches; it names what is there
 */
export async function takeFile(
  container: Docker.Container,
  glob: string,
  bytes: Bytes,
  signal: AbortSignal,
): Promise<TakenFile> {
  checkGlob(glob);
  const abortSignal = within(TAKE_TIMEOUT_MS, signal);
  const folder = globFolder(glob);
  const files = await filesIn(container, folder, abortSignal);
  const pattern = globPattern(glob);
  const matches = (files ?? []).filter((path) => pattern.test(path));
  const [path] = matches;
  if (path === undefined) throw nothingMatches(glob, folder, files);
  if (matches.length > 1) {
    throw new StepFailure(
      'user',
      `${matches.length} files match take: ${glob} (${shorten(matches)}), and Gantry does not guess`,
      'make the pattern say which one, for example with the name of the file',
    );
  }
  const stored = await store(container, path, bytes, abortSignal);
  if (stored.size === 0) {
    throw new StepFailure('user', `${path}, which the build left for take: ${glob}, is empty`, 'look at the build');
  }
  return { name: posix.basename(path), ...stored };
}

function checkGlob(glob: string): void {
  if (!posix.isAbsolute(glob) && !glob.split('/').includes('..')) return;
  const message = `take: ${glob} leads out of the working folder`;
  throw new StepFailure('user', message, 'write it relative to the repository, for example target/*.war');
}

function nothingMatches(glob: string, folder: string, files: readonly string[] | undefined): StepFailure {
  const place = folder === '' ? 'the working folder' : `the folder ${folder}`;
  const there =
    files === undefined
      ? `${place} does not exist`
      : files.length === 0
        ? `${place} holds no files`
        : `${place} holds ${shorten(files)}`;
  return new StepFailure(
    'user',
    `the build left nothing that matches take: ${glob}; ${there}`,
    'correct take, or look in the output why the build made no artifact',
  );
}

function shorten(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Paths of the plain files in a folder, relative to the working folder; undefined when it does not exist. */
async function filesIn(
  container: Docker.Container,
  folder: string,
  abortSignal: AbortSignal,
): Promise<string[] | undefined> {
  const paths: string[] = [];
  const asked = posix.join(WORK_FOLDER, folder);
  const archive = await ignoring([404], container.getArchive({ path: asked, abortSignal }));
  if (archive === undefined) return undefined;
  await eachEntry(archive, async (header) => {
    if (header.type !== 'file') return;
    // Docker names entries from the last part of the path that was asked for.
    paths.push(posix.join(folder, posix.relative(posix.basename(asked), header.name)));
  });
  return paths.sort();
}

async function store(
  container: Docker.Container,
  path: string,
  bytes: Bytes,
  abortSignal: AbortSignal,
): Promise<{ digest: string; size: number }> {
  const archive = await container.getArchive({ path: posix.join(WORK_FOLDER, path), abortSignal });
  let stored: { digest: string; size: number } | undefined;
  await eachEntry(archive, async (header, content) => {
    if (header.type === 'file') stored = await put(bytes, content, path);
  });
  if (stored === undefined) throw new StepFailure('world', `${path} was gone when it was taken out`, 'try again');
  return stored;
}

async function put(bytes: Bytes, content: NodeJS.ReadableStream, path: string) {
  try {
    return await bytes.put(content, TAKE_LIMIT_BYTES);
  } catch (error) {
    if (!(error instanceof GantryError) || error.code !== 'too-large') throw error;
    const message = `${path} is larger than ${TAKE_LIMIT_BYTES} bytes`;
    throw new StepFailure('user', message, 'is it the right file?', { cause: error });
  }
}
