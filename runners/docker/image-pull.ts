import type { Readable } from 'node:stream';
import { StepFailure } from '../../engine/model/errors';
import type { RegistryCredentials } from '../../engine/ports/builder';
import { type DockerClient, reasonOf, renamedError, statusOf } from './client';
import { linesOf } from './image-build';

/** A registry that sends nothing for so long is given up. */
const SILENT_MS = 30_000;

interface PullMessage {
  id?: string;
  status?: string;
  error?: string;
}

/**
 * Pulls an image by its digest. What the registry asks for goes to Docker with the call, and nowhere else.
 * @throws StepFailure: `user` when the registry refuses, or has no such image; `world` when it does not answer
 */
export async function pullImage(
  client: DockerClient,
  image: { name: string; digest: string },
  credentials: RegistryCredentials | null,
  signal: AbortSignal,
  onLine: (line: string) => void,
): Promise<void> {
  const silence = new AbortController();
  const quiet = (): void => silence.abort(new Error(`nothing came for ${SILENT_MS / 1000} s`));
  const timer = setTimeout(quiet, SILENT_MS);
  const abortSignal = AbortSignal.any([signal, silence.signal]);
  const options = { fromImage: image.name, tag: image.digest, abortSignal };
  try {
    const answer = (await client.streams.createImage(authOf(credentials), options)) as Readable;
    for await (const line of linesOf(answer)) {
      timer.refresh();
      tell(JSON.parse(line) as PullMessage, image.name, onLine);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (silence.signal.aborted) throw unanswered(image.name, silence.signal.reason as Error);
    throw statusOf(error) === undefined
      ? renamedError(client, 'pull an image', error)
      : refusal(image.name, reasonOf(error));
  } finally {
    clearTimeout(timer);
  }
}

/** What Docker passes on to the registry. */
const authOf = (credentials: RegistryCredentials | null): Record<string, string> | undefined =>
  credentials === null
    ? undefined
    : 'identityToken' in credentials
      ? { identitytoken: credentials.identityToken }
      : { username: credentials.username, password: credentials.password };

/** Whole layers, not each of their megabytes. */
const TOLD = /^(?:Pull complete|Already exists|Digest:|Status:)/;

function tell({ id, status = '', error }: PullMessage, name: string, onLine: (line: string) => void): void {
  if (error !== undefined) throw refusal(name, error);
  if (TOLD.test(status)) onLine(id === undefined ? status : `${id}: ${status}`);
}

function refusal(name: string, reason: string): StepFailure {
  if (/unauthorized|authentication required|denied|no basic auth/i.test(reason)) {
    const next = 'give what the registry asks for: --credentials FILE or --credentials-stdin';
    return new StepFailure('user', `the registry does not give ${name}: ${reason}`, next);
  }
  if (/manifest unknown|not found|no such image|invalid reference/i.test(reason)) {
    return new StepFailure('user', `the registry has no such image: ${reason}`, 'look at its name and its digest');
  }
  return new StepFailure(
    'world',
    `${name} could not be pulled: ${reason}`,
    'see whether this host reaches the registry',
  );
}

const unanswered = (name: string, cause: Error): StepFailure =>
  new StepFailure(
    'world',
    `the registry of ${name} does not answer: ${cause.message}`,
    'see whether this host reaches it',
    {
      cause,
    },
  );
