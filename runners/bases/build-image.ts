import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type Docker from 'dockerode';
import { pack as packFolder } from 'tar-fs';
import type { Pack } from 'tar-stream';
import { BuildProgress } from '../docker/build-progress';

export interface ImageBuildRequest {
  docker: Docker;
  tag: string;
  /** The build context, with the Dockerfile. */
  folder: string;
  /** Its path in the context when it is not `Dockerfile`. */
  dockerfile?: string;
  /** What of the folder belongs to the context; all of it when left out. */
  only?: { entries: readonly string[]; without: (path: string) => boolean };
  buildArgs: Record<string, string>;
  labels: Record<string, string>;
  /** Further files of the build context: name → text, or the path of a file to read. */
  files: readonly ContextFile[];
  onLine: (line: string) => void;
}

export type ContextFile = { name: string; text: string } | { name: string; path: string };

/** How many lines of a failed build its error repeats. */
const ERROR_LINES = 20;

interface BuildMessage {
  id?: string;
  aux?: unknown;
  error?: string;
  stream?: string;
}

/**
 * Builds one image with BuildKit and tags it.
 * @returns the image ID
 * @throws Error that names the image, the reason and the last lines that the build printed
 */
export async function buildImage(request: ImageBuildRequest): Promise<string> {
  const printed: string[] = [];
  const remember = (line: string): void => {
    printed.push(line);
    printed.splice(0, Math.max(0, printed.length - ERROR_LINES));
    request.onLine(line);
  };
  const answer = await request.docker.buildImage(contextOf(request) as unknown as NodeJS.ReadableStream, {
    t: request.tag,
    version: '2',
    dockerfile: request.dockerfile ?? 'Dockerfile',
    buildargs: request.buildArgs,
    labels: request.labels,
  });
  const progress = new BuildProgress((line) => remember(line.toString()));
  let failure: string | undefined;
  for await (const line of createInterface({ input: answer })) {
    const message = JSON.parse(line) as BuildMessage;
    failure = message.error ?? failure;
    if (message.id === 'moby.buildkit.trace' && typeof message.aux === 'string') progress.read(message.aux);
  }
  progress.end();
  if (failure !== undefined) {
    throw new Error(`The image ${request.tag} could not be built: ${failure}. Its last lines:\n${indent(printed)}`);
  }
  return (await request.docker.getImage(request.tag).inspect()).Id;
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n');
}

/** The folder as a tar, with the further files behind it. Owner and time are fixed, so that the build cache holds. */
function contextOf(request: ImageBuildRequest): Pack {
  const { only } = request;
  return packFolder(request.folder, {
    ...(only === undefined ? {} : { entries: [...only.entries], ignore: only.without }),
    map: (header) => Object.assign(header, { uid: 0, gid: 0, mtime: new Date(0) }),
    finalize: false,
    finish: (pack) => {
      addFiles(pack as Pack, request.files).then(
        () => pack.finalize(),
        (error: Error) => pack.destroy(error),
      );
    },
  });
}

async function addFiles(pack: Pack, files: readonly ContextFile[]): Promise<void> {
  const fixed = { mode: 0o644, mtime: new Date(0) };
  for (const file of files) {
    if ('text' in file) {
      pack.entry({ ...fixed, name: file.name }, file.text);
      continue;
    }
    const { size } = await stat(file.path);
    await new Promise<void>((resolve, reject) => {
      const entry = pack.entry({ ...fixed, name: file.name, size }, (error) => (error ? reject(error) : resolve()));
      createReadStream(file.path).on('error', reject).pipe(entry);
    });
  }
}
