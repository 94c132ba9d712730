import type { Duplex, Readable } from 'node:stream';
import type Docker from 'dockerode';
import {
  type CommandRequest,
  type InstanceAccess,
  type InstanceCommand,
  instanceEnded,
  instanceGone,
  type OutputRequest,
} from '../../engine/ports/instance-access';
import { type DockerClient, ignoring, renamed, renamedError } from './client';
import { INSTALLATION_LABEL } from './labels';
import { type Piece, rawOutput, terminalOutput } from './raw-output';
import { SESSION_VARIABLE, sweepSession } from './session-sweep';

/** A shell that edits lines where the image has one. */
const SHELL = ['sh', '-c', 'if command -v bash > /dev/null; then exec bash; else exec sh; fi'];

/** Output of instances and commands in them, by the Docker Engine. */
export function dockerAccess(client: DockerClient, installation: string): InstanceAccess {
  const find = async (name: string): Promise<Docker.ContainerInspectInfo> => {
    const look = ignoring([404], client.calls.getContainer(name).inspect());
    const info = await renamed(client, `look at ${name}`, look);
    if (info?.Config.Labels[INSTALLATION_LABEL] === installation) return info;
    throw instanceGone(name);
  };
  return {
    output: async (name, request, signal) => outputOf(client, await find(name), request, signal),
    start: async (name, request, session) => {
      const info = await find(name);
      if (!info.State.Running) throw instanceEnded(name, info.State.ExitCode);
      return startCommand(client, info.Id, request, session);
    },
    sweep: async (name, session) => {
      const info = await ignoring([404], client.calls.getContainer(name).inspect());
      const ours = info?.Config.Labels[INSTALLATION_LABEL] === installation;
      if (ours && info.State.Running)
        await renamed(client, `end a session in ${name}`, sweepSession(client, info.Id, session));
    },
  };
}

async function outputOf(
  client: DockerClient,
  { Id: id, Config: config }: Docker.ContainerInspectInfo,
  { follow, since, tail }: OutputRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer>> {
  const wanted = { stdout: true, stderr: true, follow, tail, ...(since === null ? {} : { since: secondsOf(since) }) };
  const stream = await renamed(client, 'read the output of a container', openLogs(client, id, wanted, signal));
  return bytesOf(client, stream, config.Tty, signal);
}

const secondsOf = (ms: number): number => Math.floor(ms / 1000);

/**
 * As a stream, also where the end is not waited for: what is asked for may be long, and is to be read only as fast as
 * it is carried. The client's own call would gather it in memory.
 */
function openLogs(client: DockerClient, id: string, options: object, abortSignal: AbortSignal): Promise<Readable> {
  const statusCodes = { 200: true, 404: 'no such container', 500: 'server error' };
  const call = { path: `/containers/${id}/logs?`, method: 'GET', isStream: true, abortSignal, statusCodes, options };
  return new Promise((resolve, reject) => {
    client.streams.modem.dial(call, (error: unknown, stream: unknown) =>
      error ? reject(error) : resolve(stream as Readable),
    );
  });
}

async function* bytesOf(
  client: DockerClient,
  stream: Readable,
  isTerminal: boolean,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  try {
    for await (const { bytes } of isTerminal ? terminalOutput(stream) : rawOutput(stream)) yield bytes;
  } catch (error) {
    if (!signal.aborted) throw renamedError(client, 'go on with the output of a container', error);
  } finally {
    stream.destroy();
  }
}

async function startCommand(
  client: DockerClient,
  id: string,
  { command, terminal }: CommandRequest,
  session: string,
): Promise<InstanceCommand> {
  const hasTerminal = terminal !== null;
  const exec = await renamed(
    client,
    'prepare a command',
    client.calls.getContainer(id).exec({
      Cmd: command.length === 0 ? SHELL : command,
      Env: [`${SESSION_VARIABLE}=${session}`, ...(hasTerminal ? ['TERM=xterm-256color'] : [])],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      Tty: hasTerminal,
    }),
  );
  const running = client.streams.getExec(exec.id);
  // A command that is not there is told in the output, with the exit code that a shell would give (126, 127).
  const begun = running.start({ hijack: true, stdin: true, Tty: hasTerminal });
  const stream = await renamed(client, 'start a command', begun);
  const resize = async (columns: number, rows: number): Promise<void> => {
    // A command that has just ended has no size any more.
    await ignoring([404, 409, 500], client.calls.getExec(exec.id).resize({ h: rows, w: columns }));
  };
  if (terminal !== null) await resize(terminal.columns, terminal.rows);
  return {
    input: stream,
    output: untilDropped(stream, hasTerminal ? terminalOutput(stream) : rawOutput(stream)),
    resize,
    exitCode: async () =>
      (await renamed(client, 'look at a command', client.calls.getExec(exec.id).inspect())).ExitCode,
    drop: () => void stream.destroy(),
  };
}

/** Whoever drops a stream does not want to hear that it broke off. */
async function* untilDropped(stream: Duplex, pieces: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  try {
    yield* pieces;
  } catch (error) {
    if (!stream.destroyed) throw error;
  }
}
