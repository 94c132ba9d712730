import { constants, type FileHandle, open } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayRefusedError, GatewayUnreachableError } from './errors';

/** The sockets in the gateway's folder: the worker's, which every change goes to, and that of the master above it. */
export type SocketFile = 'admin.sock' | 'master.sock';

/**
 * HAProxy's Runtime API over a socket in the gateway's folder.
 *
 * One connection per command: a command then never waits behind another one's answer, and a restarted gateway needs no
 * reconnect logic. It costs about 0.1 ms, little beside the fsync that comes before each switch.
 */
export class RuntimeApi {
  constructor(
    private readonly folder: string,
    private readonly container: string,
    private readonly socketFile: SocketFile = 'admin.sock',
    private readonly timeoutMs = 2_000,
  ) {}

  /** Sends one command (several lines when it carries a payload) and returns the trimmed answer. */
  async execute(command: string): Promise<string> {
    const socket = await this.connect(command);
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const fail = (reason: string) => {
        socket.destroy();
        reject(new GatewayUnreachableError(this.container, short(command), reason));
      };
      socket.setTimeout(this.timeoutMs, () => fail(`no answer within ${this.timeoutMs} ms`));
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', (error) => fail(error.message));
      socket.on('end', () => resolve(Buffer.concat(chunks).toString().trim()));
      socket.write(`${command}\n`);
    });
  }

  /** Like `execute`, for commands whose success is an empty answer or one that matches `accepted`. */
  async command(command: string, accepted?: RegExp): Promise<void> {
    const answer = await this.execute(command);
    if (answer !== '' && accepted?.test(answer) !== true) throw new GatewayRefusedError(short(command), answer);
  }

  /** The process id that HAProxy's worker has in its container: another one after each restart and reload. */
  async workerPid(): Promise<string> {
    return this.info(/^Pid: (\d+)/m);
  }

  /** The recipe that the worker was started with; empty for one of Gantry 0.1, which told none. */
  async recipe(): Promise<string> {
    return this.info(/^description: ?(.*)$/m);
  }

  private async info(line: RegExp): Promise<string> {
    const answer = await this.execute('show info');
    const value = line.exec(answer)?.[1];
    if (value === undefined) throw new GatewayRefusedError('show info', answer);
    return value;
  }

  /** Whether a gateway answers. */
  answers(): Promise<boolean> {
    return this.accepts('show info');
  }

  /** Whether somebody took the command, whatever the answer was. */
  async accepts(command: string): Promise<boolean> {
    try {
      await this.execute(command);
      return true;
    } catch (error) {
      if (error instanceof GatewayUnreachableError) return false;
      throw error;
    }
  }

  /** Hands each line of an endless answer to `onLine`; resolves when the gateway closes it or `signal` aborts. */
  async lines(command: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void> {
    const socket = await this.connect(command);
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await new Promise<void>((resolve) => {
        createInterface({ input: socket }).on('line', onLine);
        // A connection that breaks is an end like any other here; the caller decides whether to come back.
        socket.on('error', stop);
        socket.on('close', () => resolve());
        socket.write(`${command}\n`);
      });
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /**
   * A socket's address has at most 107 characters, and data folders can be deeper. So the folder is opened, and the
   * socket is named through the open folder, which is always short.
   */
  private async connect(command: string): Promise<Socket> {
    let folder: FileHandle | undefined;
    try {
      folder = await open(this.folder, constants.O_RDONLY | constants.O_DIRECTORY);
      return await connected(`/proc/self/fd/${folder.fd}/${this.socketFile}`, this.timeoutMs);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      throw new GatewayUnreachableError(this.container, short(command), reasonOf(code) ?? message);
    } finally {
      await folder?.close();
    }
  }
}

/** Connects, also when so many do at once that the queue before the socket is full: that one passes at once. */
async function connected(path: string, timeoutMs: number): Promise<Socket> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await connectOnce(path, timeoutMs);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || Date.now() >= deadline) throw error;
      await pause(5);
    }
  }
}

function connectOnce(path: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no connection within ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.setTimeout(0);
      socket.removeAllListeners('timeout');
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}

function reasonOf(code: string | undefined): string | undefined {
  if (code === 'ENOENT') return 'it has no admin socket, so it has not started';
  if (code === 'ECONNREFUSED') return 'nobody listens at its admin socket, so it has ended';
  if (code === 'EACCES') return 'its admin socket belongs to another user';
  return undefined;
}

/** Payloads can be long and hold user values; messages name the command only. */
function short(command: string): string {
  return (command.split('\n')[0] ?? '').slice(0, 80);
}
