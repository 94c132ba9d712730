import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import type { OutputLine } from '../../engine/ports/bytes';
import { BuildProgress } from './build-progress';
import { type DockerClient, reasonOf, renamedError, sending, statusOf } from './client';

export interface BuildKitRequest {
  /** Tar stream of the context. */
  context: Readable;
  dockerfile: string;
  target: string | null;
  args: Record<string, string>;
  tag: string;
  labels: Record<string, string>;
  /** Of its RUN lines; the engine's own when it is left out. */
  network?: 'none' | undefined;
  signal: AbortSignal;
  onLine: (line: OutputLine) => void;
}

interface BuildMessage {
  id?: string;
  aux?: unknown;
  error?: string;
}

/** An image that the Dockerfile names is not here and could not be fetched; BuildKit does not say which. */
export class BaseNotFetched extends StepFailure {}

/**
 * One build by BuildKit, tagged when it is whole. Closing the connection, as `signal` does, ends it.
 * @returns the image ID
 * @throws StepFailure: `user` when the Dockerfile or one of its commands failed, `world` when Docker did
 */
export async function buildKit(client: DockerClient, request: BuildKitRequest): Promise<string> {
  try {
    const { imageId, error } = await sending(request.context, request.signal, async (context, abortSignal) =>
      follow(await start(client, request, context, abortSignal), request.onLine),
    );
    if (error !== undefined) throw buildFailure(error);
    if (imageId === undefined) throw new StepFailure('world', 'Docker ended the build without an image', 'try again');
    return imageId;
  } catch (error) {
    request.signal.throwIfAborted();
    if (statusOf(error) === 400) throw buildFailure(reasonOf(error));
    throw renamedError(client, 'build an image', error);
  }
}

function start(
  client: DockerClient,
  request: BuildKitRequest,
  context: NodeJS.ReadableStream,
  abortSignal: AbortSignal,
): Promise<NodeJS.ReadableStream> {
  const options: Docker.ImageBuildOptions = {
    version: '2',
    t: request.tag,
    dockerfile: request.dockerfile,
    buildargs: request.args,
    labels: request.labels,
    abortSignal,
    ...(request.network === undefined ? {} : { networkmode: request.network }),
    ...(request.target === null ? {} : { target: request.target }),
  };
  return client.streams.buildImage(context, options);
}

async function follow(
  answer: NodeJS.ReadableStream,
  onLine: (line: OutputLine) => void,
): Promise<{ imageId: string | undefined; error: string | undefined }> {
  const progress = new BuildProgress(onLine);
  let imageId: string | undefined;
  let error: string | undefined;
  for await (const line of linesOf(answer)) {
    const message = JSON.parse(line) as BuildMessage;
    error ??= message.error;
    if (message.id === 'moby.image.id') imageId = (message.aux as { ID: string }).ID;
    if (message.id === 'moby.buildkit.trace' && typeof message.aux === 'string') progress.read(message.aux);
  }
  progress.end();
  return { imageId, error };
}

/** Readline swallows an error of its input, and an aborted build must not look like an ended one. */
export async function* linesOf(input: NodeJS.ReadableStream): AsyncGenerator<string> {
  let failure: Error | undefined;
  input.on('error', (error: Error) => {
    failure = error;
  });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  input.on('error', () => lines.close());
  for await (const line of lines) if (line !== '') yield line;
  if (failure !== undefined) throw failure;
}

/** What to do about a base that is not there. */
export const BASES_TO_USE =
  'use a base that is present (gantry/debian, gantry/node, gantry/maven, gantry/tomcat, gantry/go, gantry/python), ' +
  'or put the image on this machine';

/** In the words of Docker 20.10, and of newer ones. */
const COMMAND_FAILED = [
  /executor failed running \[(?:\/bin\/sh -c )?(.*)\]: exit code: (\d+)/s,
  /process "(?:\/bin\/sh -c )?(.*)" did not complete successfully: exit code: (\d+)/s,
];
const NOT_FETCHED =
  /(?:registry|manifests?|pull access denied|failed to resolve|failed to do request|not found: docker\.io)/i;

function buildFailure(error: string): StepFailure {
  const plain = error.replace(
    /^(?:failed to solve(?: with frontend [\w.]+)?: |failed to create LLB definition: )+/,
    '',
  );
  const failed = COMMAND_FAILED.map((words) => words.exec(error)).find((found) => found !== null);
  if (failed !== undefined) {
    const message = `the build failed: "${failed[1]}" ended with exit code ${failed[2]}`;
    return new StepFailure('user', message, 'its output stands in the log of this step; mend it and push again');
  }
  if (/no space left on device/i.test(error)) {
    const message = `the build filled the disk of Docker: ${plain}`;
    return new StepFailure('world', message, 'free space there, then try again');
  }
  if (NOT_FETCHED.test(error)) {
    const message = `an image that the Dockerfile names is not on this machine and cannot be fetched: ${plain}`;
    return new BaseNotFetched('user', message, BASES_TO_USE);
  }
  return new StepFailure('user', `the build failed: ${plain}`, 'mend the Dockerfile and push again');
}
