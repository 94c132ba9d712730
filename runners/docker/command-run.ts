import type { Duplex, Readable } from 'node:stream';
import type Docker from 'dockerode';
import { StepFailure } from '../../engine/model/errors';
import type { CommandEnd, CommandRequest } from '../../engine/ports/builder';
import type { Bytes } from '../../engine/ports/bytes';
import type { InjectedFile } from '../../engine/ports/cluster';
import { WORK_FOLDER } from './build-folders';
import { type DockerClient, ignoring, reasonOf, renamedError, statusOf, unless, within } from './client';
import type { ContainerOptions } from './container-options';
import { packFiles, putFiles } from './injection';
import { OutputDemultiplexer } from './output-lines';
import { demandPolicy } from './policy';
import { removeContainer } from './removal';
import { toInput } from './secret-files';
import { takeFile } from './taken-file';

const FILL_TIMEOUT_MS = 600_000;
const ATTACH_TIMEOUT_MS = 30_000;
/** After the process ended its output is closed; a daemon that forgets to must not hold the step. */
const OUTPUT_MARGIN_MS = 10_000;

export interface CommandRun {
  options: ContainerOptions;
  files: readonly InjectedFile[];
  bytes: Bytes;
}

/** One container from creation to removal. It is removed however this ends, also after an abort. */
export async function runInContainer(
  client: DockerClient,
  request: CommandRequest,
  run: CommandRun,
): Promise<CommandEnd> {
  const { signal } = request;
  signal.throwIfAborted();
  let id: string | undefined;
  try {
    id = (await client.calls.createContainer(demandPolicy(run.options))).id;
    const container = client.streams.getContainer(id);
    await fill(container, request, run);
    const end = await follow(client, container, request);
    if (request.take === undefined || end.exitCode !== 0 || end.timedOut) return { ...end, taken: null };
    return { ...end, taken: await takeFile(container, request.take, run.bytes, signal) };
  } catch (error) {
    signal.throwIfAborted();
    throw commandFailure(client, request, error);
  } finally {
    if (id !== undefined) await removeContainer(client, id, 0);
  }
}

function commandFailure(client: DockerClient, request: CommandRequest, error: unknown): unknown {
  if (statusOf(error) === 400) {
    const message = `Docker refuses to run a command in ${request.image}: ${reasonOf(error)}`;
    return new StepFailure('user', message, 'look at the image (it needs sh), env and memory of this command');
  }
  return renamedError(client, `run a command in ${request.image}`, error);
}

async function fill(container: Docker.Container, request: CommandRequest, run: CommandRun): Promise<void> {
  const limit = within(FILL_TIMEOUT_MS, request.signal);
  if (run.files.length > 0) {
    await putFiles(container, packFiles(run.files, run.bytes), '/', limit);
  }
  if (request.sources === undefined) return;
  await putFiles(container, request.sources as Readable, WORK_FOLDER, limit);
}

/** Starts the command and reads its output to the end; kills it when its time is over or the signal aborts. */
async function follow(
  client: DockerClient,
  container: Docker.Container,
  request: CommandRequest,
): Promise<Omit<CommandEnd, 'taken'>> {
  const reader = new OutputDemultiplexer(request.onLine);
  // Attached before the start, so that not a line is lost.
  const abortSignal = within(ATTACH_TIMEOUT_MS, request.signal);
  const input = request.secrets?.length ? toInput(request.secrets) : undefined;
  const takes = input === undefined ? {} : { stdin: true, hijack: true };
  const wanted = { stream: true, stdout: true, stderr: true, ...takes };
  const stream = (await unless(abortSignal, () => container.attach(wanted))) as Duplex;
  const closed = new Promise<void>((resolve) => {
    stream.on('data', (chunk: Buffer) => reader.write(chunk));
    stream.once('end', resolve).once('close', resolve).once('error', resolve);
  });
  try {
    await client.calls.getContainer(container.id).start();
    if (input !== undefined) stream.write(input);
    const timedOut = await ended(client, container, request);
    await Promise.race([closed, patience()]);
    const { State: state } = await client.calls.getContainer(container.id).inspect();
    return { exitCode: state.ExitCode, outOfMemory: state.OOMKilled, timedOut };
  } finally {
    reader.end();
    stream.destroy();
  }
}

/** Resolves when the process has ended; says whether it had to be killed because its time was over. */
async function ended(client: DockerClient, container: Docker.Container, request: CommandRequest): Promise<boolean> {
  const limit = AbortSignal.timeout(request.timeoutMs);
  try {
    await container.wait({ abortSignal: AbortSignal.any([limit, request.signal]) });
    return false;
  } catch (error) {
    if (!limit.aborted && !request.signal.aborted) throw error;
    await ignoring([404, 409], client.calls.getContainer(container.id).kill());
    request.signal.throwIfAborted();
    await container.wait({ abortSignal: within(OUTPUT_MARGIN_MS) });
    return true;
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, OUTPUT_MARGIN_MS).unref());
}
