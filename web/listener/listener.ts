import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { GantryError } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import { CONNECTIONS_MAX, DRAIN_MS, HEADERS_MS, KEEP_ALIVE_MS, SLOW_LOOK_MS } from '../limits';
import type { WebOptions } from '../parts';
import { readKeyPair, watchKeyPair } from './certificate';
import { answerPlain } from './plain';

export interface Listener {
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Answers requests from now on. */
  serve(answer: RequestListener): void;
  /** Takes connections over that want to speak something else (WebSocket). */
  onUpgrade(take: (request: IncomingMessage, socket: Duplex, head: Buffer) => void): void;
  /** Stops accepting, and lets requests finish for at most `DRAIN_MS`. */
  drain(): Promise<void>;
}

/**
 * One port. With a certificate it speaks HTTPS, and has a helpful word for those who call it by plain HTTP.
 * @throws GantryError `port-in-use`, `cannot-listen`, `tls-certificate`.
 */
export async function openListener(options: WebOptions, log: Logger): Promise<Listener> {
  return options.tls === undefined ? openPlain(options) : openSecure(options, options.tls, log);
}

const LIMITS = {
  headersTimeout: HEADERS_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  connectionsCheckingInterval: SLOW_LOOK_MS,
} as const;
/** Java's client offers HTTP/2 with each request in the same way, and wants its answer all the same. */
const UPGRADES = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage): boolean => /^websocket$/i.test(headers.upgrade ?? ''),
} as const;
const TLS = { minVersion: 'TLSv1.2', handshakeTimeout: HEADERS_MS } as const;

async function openPlain({ listen }: WebOptions): Promise<Listener> {
  const server = limited(createHttpServer({ ...LIMITS, ...UPGRADES }));
  server.maxConnections = CONNECTIONS_MAX;
  const port = await listenAt(server, listen);
  return {
    scheme: 'http',
    port,
    serve: (answer) => server.on('request', answer),
    onUpgrade: (take) => server.on('upgrade', take),
    drain: () => drain(server, [server]),
  };
}

async function openSecure(options: WebOptions, tls: NonNullable<WebOptions['tls']>, log: Logger): Promise<Listener> {
  const pair = readKeyPair(tls);
  const secure = limited(createHttpsServer({ ...LIMITS, ...UPGRADES, ...TLS, ...pair }));
  const plain = limited(createHttpServer(LIMITS));
  const door = createTcpServer((socket) => showIn(socket, secure, plain));
  door.maxConnections = CONNECTIONS_MAX;
  const port = await listenAt(door, options.listen);
  // Connections that there are keep the certificate that they were opened with.
  const unwatch = watchKeyPair(tls, pair, log, (next) => secure.setSecureContext({ ...TLS, ...next }));
  // Neither of the two listens itself, and only the event lets a server enforce its time limits.
  for (const server of [secure, plain]) server.emit('listening');
  return {
    scheme: 'https',
    port,
    serve: (answer) => {
      secure.on('request', answer);
      plain.on('request', answerPlain(options.publicUrl, answer));
    },
    onUpgrade: (take) => secure.on('upgrade', take),
    drain: () => {
      unwatch();
      return drain(door, [secure, plain]);
    },
  };
}

/** A push may take longer to arrive than any fixed limit; other bodies have their own (`BODY_MS`). */
function limited<S extends HttpServer | HttpsServer>(server: S): S {
  server.requestTimeout = 0;
  return server;
}

/** First byte of a TLS connection: a handshake record. */
const HANDSHAKE = 22;

/** The first byte tells who speaks what. */
function showIn(socket: Socket, secure: HttpsServer, plain: HttpServer): void {
  const late = setTimeout(() => socket.destroy(), HEADERS_MS);
  socket.once('close', () => clearTimeout(late));
  // A client that breaks off before it said anything: nobody waits for an answer.
  const broken = () => socket.destroy();
  socket.once('error', broken);
  socket.once('data', (first) => {
    clearTimeout(late);
    socket.off('error', broken);
    socket.pause();
    socket.unshift(first);
    (first[0] === HANDSHAKE ? secure : plain).emit('connection', socket);
    process.nextTick(() => socket.resume());
  });
}

async function drain(door: Server, servers: readonly (HttpServer | HttpsServer)[]): Promise<void> {
  const closed = new Promise<void>((resolve) => door.close(() => resolve()));
  // Ends the timers of servers that do not listen themselves.
  const all = (act: (server: HttpServer | HttpsServer) => void) => {
    for (const server of servers) act(server);
  };
  all((server) => server !== door && server.close());
  // Connections that were busy a moment ago would else be kept alive for a client that may never ask again.
  const idle = setInterval(() => all((server) => server.closeIdleConnections()), 20);
  const limit = setTimeout(() => all((server) => server.closeAllConnections()), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}

function listenAt(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
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
