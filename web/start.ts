import { randomBytes } from 'node:crypto';
import { createServer as createHttpServer, type Server } from 'node:http';
import type { Engine } from '../engine/engine';
import { GantryError } from '../engine/model/errors';
import type { Logger } from '../engine/ports/logger';
import { createFeed } from './events/feed';
import { startRefsLoop } from './git/refs-loop';
import { startHooksLoop } from './hooks/follow-loop';
import { openSessions } from './identity/session';
import { CONNECTIONS_MAX, DRAIN_MS, HEADERS_MS, KEEP_ALIVE_MS } from './limits';
import { createMetrics } from './metrics';
import type { WebOptions, WebParts } from './parts';
import { createServer } from './server';

export interface Web {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, ends streams, lets requests finish for at most `DRAIN_MS`. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Listens, and begins to look for pushes that were missed.
 * @throws GantryError `port-in-use`, `cannot-listen`.
 */
export async function startWeb(engine: Engine, log: Logger, options: WebOptions, installation: string): Promise<Web> {
  const secret = await engine.store.secret('session');
  const server = createHttpServer({ headersTimeout: HEADERS_MS, keepAliveTimeout: KEEP_ALIVE_MS });
  // A push may take longer to arrive than any fixed limit; other bodies have their own (`BODY_MS`).
  server.requestTimeout = 0;
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listen(server, options.listen);
  const stopping = new AbortController();
  const parts: WebParts = {
    engine,
    log,
    options,
    installation,
    url: `http://${urlHost(options.listen.host)}:${port}`,
    hook: { host: loopback(options.listen.host), port, secret: randomBytes(32).toString('hex') },
    followHooks: () => hooks.wake(),
    feed: createFeed(engine, log),
    sessions: openSessions(secret, () => engine.parts.clock.now()),
    metrics: createMetrics(engine, options.version),
    stopping: stopping.signal,
  };
  const hooks = startHooksLoop(parts);
  const answer = createServer(parts).callback();
  server.on('request', (request, response) => void answer(request, response));
  const refs = startRefsLoop(parts);
  let stopped: Promise<void> | undefined;
  const stop = async () => {
    stopping.abort();
    const drained = drain(server);
    await Promise.all([refs.stop(), hooks.stop()]);
    await drained;
    parts.feed.close();
  };
  return {
    url: parts.url,
    port,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // Connections that were busy a moment ago would else be kept alive for a client that may never ask again.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const limit = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

function listen(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE';
      reject(
        new GantryError(
          'unavailable',
          used ? 'port-in-use' : 'cannot-listen',
          used ? `port ${port} on ${host} is in use` : `cannot listen on ${host}:${port}: ${error.message}`,
          'end the program that has it, or choose another one: gantry up --port N',
          { cause: error },
        ),
      );
    });
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

const ANY_ADDRESS = ['0.0.0.0', '::'];
/** Where a process on this machine reaches what listens on `host`. */
const loopback = (host: string): string => (ANY_ADDRESS.includes(host) ? '127.0.0.1' : host);
const urlHost = (host: string): string => (loopback(host).includes(':') ? `[${loopback(host)}]` : loopback(host));
