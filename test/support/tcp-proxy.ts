import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** How a link is: `slow` delays what comes back, `hanging` takes everything and never answers, `cut` refuses. */
export type LinkState = 'well' | 'slow' | 'hanging' | 'cut';

/** A link to a server that can be made bad while it is used. */
export interface TcpProxy {
  port: number;
  set(state: LinkState): void;
  /** Sends what comes from now on somewhere else; links that are open are ended. */
  turnTo(port: number): void;
  close(): Promise<void>;
}

/**
 * @param target a port of this machine, or the path of a socket
 * @param slowMs how late an answer is while the link is slow
 */
export async function tcpProxy(target: number | string, slowMs = 2_000): Promise<TcpProxy> {
  const links = new Set<Link>();
  let to = target;
  let state: LinkState = 'well';
  const server: Server = createServer((socket) => {
    if (state === 'cut') {
      socket.destroy();
      return;
    }
    const link = new Link(socket, typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1'), () =>
      state === 'slow' ? slowMs : 0,
    );
    links.add(link);
    socket.once('close', () => links.delete(link));
    link.set(state);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = () => {
    for (const link of links) link.end();
  };
  return {
    port: (server.address() as { port: number }).port,
    set: (now) => {
      state = now;
      if (now === 'cut') end();
      else for (const link of links) link.set(now);
    },
    turnTo: (other) => {
      to = other;
      end();
    },
    close: async () => {
      end();
      server.close();
      await once(server, 'close');
    },
  };
}

/** One connection through the proxy. */
class Link {
  private held: Buffer[] = [];
  private hanging = false;
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    delay: () => number,
  ) {
    near.pipe(far);
    far.on('data', (bytes) => this.answer(bytes, delay()));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
    }
    near.once('close', () => this.forget());
  }

  set(state: LinkState): void {
    this.hanging = state === 'hanging';
    if (this.hanging) return;
    for (const bytes of this.held.splice(0)) this.near.write(bytes);
  }

  end(): void {
    this.near.destroy();
    this.far.destroy();
  }

  private answer(bytes: Buffer, ms: number): void {
    if (this.hanging) this.held.push(bytes);
    else if (ms === 0) this.near.write(bytes);
    else {
      const timer = setTimeout(() => {
        this.timers.delete(timer);
        this.near.write(bytes);
      }, ms);
      this.timers.add(timer);
    }
  }

  private forget(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.held = [];
  }
}
