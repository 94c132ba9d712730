import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createOutgoing, type Outgoing } from '../../outgoing/outgoing';

export interface Received {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Somebody on the wire who is called: keeps what came, and answers what the test says. */
export class Receiver {
  readonly received: Received[] = [];
  /** Answers in this order; after the last one `usual`. */
  replies: (Reply | 'silence')[] = [];
  usual: (received: Received) => Reply | 'silence' = () => ({ status: 200, body: {} });
  /** The guard that calls it: everybody who is called by it is here, whatever the address says. */
  readonly outgoing: Outgoing;
  /** Hosts that were to be called. */
  readonly hosts: string[] = [];
  private readonly guard = createOutgoing({ allow: ['127.0.0.1'] });
  private readonly server: Server;

  /** @param timeoutMs what hangs is given up then */
  constructor(timeoutMs = 300) {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const received = { method, path: url, headers, body: Buffer.concat(chunks).toString('utf8') };
        this.received.push(received);
        const reply = this.replies.shift() ?? this.usual(received);
        if (reply === 'silence') return;
        const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {});
        response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers }).end(text);
      });
    });
    this.outgoing = {
      fetch: (url, asked) => {
        const { host, pathname, search } = new URL(url);
        this.hosts.push(host);
        return this.guard.fetch(`${this.url}${pathname}${search}`, { ...asked, timeoutMs });
      },
      close: () => this.guard.close(),
    };
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  start(): Promise<void> {
    return new Promise((ready) => this.server.listen(0, '127.0.0.1', ready));
  }

  async stop(): Promise<void> {
    await this.guard.close();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  /** As before anything came. */
  clear(): void {
    this.received.length = 0;
    this.hosts.length = 0;
    this.replies = [];
    this.usual = () => ({ status: 200, body: {} });
  }
}
