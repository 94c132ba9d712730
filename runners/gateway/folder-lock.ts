import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { GatewayStartError } from './errors';

/**
 * Lets one runner at a time write a gateway's folder.
 *
 * The lock is a listening socket in Linux' abstract name space, named after the folder: only one process can hold the
 * name, the kernel frees it however that process ends, and who waits is woken by the end of a connection. So there is
 * no stale lock file to judge. It excludes processes that share a network name space, which runners of one host do.
 */
export class FolderLock {
  private tail: Promise<unknown> = Promise.resolve();

  private readonly waitMs: number;

  constructor(
    private readonly folder: string,
    /** `part`: another lock of the same folder, for some of its files. */
    private readonly options: { part?: string; waitMs?: number } = {},
  ) {
    this.waitMs = options.waitMs ?? 30_000;
  }

  /** Runs `work` while nobody else holds the folder. Callers of one process are served in their order. */
  hold<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.tail.then(() => this.holdAlone(work));
    this.tail = turn.catch(() => undefined);
    return turn;
  }

  private async holdAlone<T>(work: () => Promise<T>): Promise<T> {
    const holder = await this.acquire();
    try {
      return await work();
    } finally {
      holder.release();
    }
  }

  private async acquire(): Promise<Holder> {
    const digest = createHash('sha256')
      .update(`${await realpath(this.folder)}\0${this.options.part ?? ''}`)
      .digest('hex');
    const name = `\0gantry-gateway-${digest.slice(0, 40)}`;
    const deadline = Date.now() + this.waitMs;
    for (;;) {
      const holder = await tryToHold(name);
      if (holder !== undefined) return holder;
      if (Date.now() >= deadline) {
        const what = `another process has been writing the gateway's folder ${this.folder} for ${this.waitMs} ms`;
        throw new GatewayStartError('of the gateway', what, 'Look for a runner that hangs, and end it.');
      }
      await holderLeaves(name, deadline - Date.now());
    }
  }
}

interface Holder {
  release(): void;
}

function tryToHold(name: string): Promise<Holder | undefined> {
  const waiting = new Set<Socket>();
  const server: Server = createServer((socket) => {
    waiting.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => waiting.delete(socket));
  });
  const release = () => {
    server.close();
    for (const socket of waiting) socket.destroy();
  };
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path: name }, () => resolve({ release }));
  });
}

/** Resolves when the holder's end closes, whatever the reason; the caller then tries again. */
function holderLeaves(name: string, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ path: name });
    socket.setTimeout(waitMs, () => socket.destroy());
    // A refused connection means that the holder has just gone: the same news as a closed one.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve());
    socket.resume();
  });
}
