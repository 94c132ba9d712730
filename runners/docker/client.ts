import type { Readable } from 'node:stream';
import Docker from 'dockerode';
import { GantryError, messageOf, StepFailure } from '../../engine/model/errors';

/** A plain question to Docker answers in milliseconds; on a machine under load, in seconds. See `GANTRY_DOCKER_TIMEOUT`. */
export const CALL_TIMEOUT_MS = 30_000;

export interface DockerClient {
  /** For people: `unix:///var/run/docker.sock` or `tcp://host:port`. */
  readonly address: string;
  /** For questions: ends a call that stays silent for the time-out of the options, or `CALL_TIMEOUT_MS`. */
  readonly calls: Docker;
  /** For builds, logs and waits, which may be silent for long: every call on it brings an `abortSignal` of its own. */
  readonly streams: Docker;
}

/**
 * Two clients of one engine. Nothing is sent yet. Calls name no version of the API: 20.10 knows none above 1.41, and 29
 * none below 1.44, so what is asked and read here is what all of them have.
 */
export function connectDocker(options: Docker.DockerOptions): DockerClient {
  const { timeout: _ofCalls, ...streamed } = options;
  return {
    address: options.host ? `tcp://${options.host}:${options.port ?? 2375}` : `unix://${socketOf(options)}`,
    calls: new Docker({ timeout: CALL_TIMEOUT_MS, ...options }),
    streams: new Docker(streamed),
  };
}

const socketOf = (options: Docker.DockerOptions): string => options.socketPath ?? '/var/run/docker.sock';

/** HTTP status of a refusal; undefined when Docker did not answer at all. */
export function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

/** What Docker said, without the client's own words around it. */
export function reasonOf(error: unknown): string {
  const said = (error as { json?: { message?: unknown } }).json?.message;
  return typeof said === 'string' ? said : messageOf(error);
}

/** The result, or undefined when Docker answers with one of these statuses (nothing there, or already so). */
export async function ignoring<T>(statuses: readonly number[], call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/**
 * Docker's refusals in our words. Statuses that mean something to the caller are caught before this.
 * @throws StepFailure with fault `world`; errors that are ours already pass as they are
 */
export async function renamed<T>(client: DockerClient, doing: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw renamedError(client, doing, error);
  }
}

const isLate = (error: unknown): boolean => ['AbortError', 'TimeoutError'].includes((error as Error).name);

/** Whether Docker has refused, or has not done it in time; else it was not there, and nothing is known of what it was asked. */
export function wasThere(error: unknown): boolean {
  const { cause = error } = error as Error;
  return statusOf(cause) !== undefined || isLate(cause);
}

export function renamedError(client: DockerClient, doing: string, error: unknown): unknown {
  if (error instanceof StepFailure || error instanceof GantryError) return error;
  const cause = { cause: error };
  // The caller's own signal was looked at before; what is left are our limits.
  if (isLate(error)) {
    return new StepFailure('world', `Docker did not ${doing} in time`, 'see gantry doctor', cause);
  }
  if (statusOf(error) !== undefined) {
    const reason = reasonOf(error);
    const next = /no space left/i.test(reason) ? "free space on Docker's disk, then try again" : 'see gantry doctor';
    return new StepFailure('world', `Docker refused to ${doing}: ${reason}`, next, cause);
  }
  if ((error as { code?: string }).code === undefined) return error;
  return new StepFailure(
    'world',
    `Docker does not answer at ${client.address}: ${messageOf(error)} (while it was asked to ${doing})`,
    'start it, or see gantry doctor',
    cause,
  );
}

/** Ends with the caller's signal or after `ms`, whichever is first. */
export function within(ms: number, signal?: AbortSignal): AbortSignal {
  const limit = AbortSignal.timeout(ms);
  return signal === undefined ? limit : AbortSignal.any([signal, limit]);
}

/**
 * The stream that is asked for, or the signal's reason when that comes first: for calls that cannot be broken off
 * themselves. A stream that comes too late is let go.
 */
export async function unless(signal: AbortSignal, ask: () => Promise<NodeJS.ReadableStream>): Promise<Readable> {
  signal.throwIfAborted();
  const call = ask() as Promise<Readable>;
  let leave = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([call, aborted]);
  } catch (error) {
    call.then(
      (late) => late.destroy(),
      () => undefined, // the reason is thrown already
    );
    throw error;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/**
 * Sends a stream. When the stream fails, the request is broken off with that reason: left alone it would wait for the
 * rest for ever. When the request ends first, the stream is let go.
 */
export async function sending<T>(
  stream: Readable,
  signal: AbortSignal,
  send: (body: NodeJS.ReadableStream, abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  const broken = new AbortController();
  stream.on('error', (error) => broken.abort(error));
  try {
    return await send(stream, AbortSignal.any([signal, broken.signal]));
  } catch (error) {
    if (broken.signal.aborted && !signal.aborted) throw broken.signal.reason;
    throw error;
  } finally {
    stream.destroy();
  }
}
