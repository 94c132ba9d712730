import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type { z } from 'zod';
import { GantryError, messageOf } from '../../engine/model/errors';
import type { Channel, Frame } from '../../engine/ports/exchange';
import { toAnswer } from '../api/errors';
import { shellWanted, terminalSize } from '../api/schemas/instances';
import { demandOf } from '../identity/permit';
import { bearerIn, bearerOf, lookBearer } from '../identity/who-asks';
import { SHELL_ALIVE_MS, SHELL_CLOSE_MS, SHELL_FRAME_MAX, SHELL_HELLO_MS } from '../limits';
import type { WebParts } from '../parts';
import { notFound, UnauthorizedError } from '../refusals';
import { hear } from './hear';

const ADDRESS = /^\/api\/v1\/apps\/([\w.-]{1,120})\/shell$/;
/** What stands before a piece of output. */
const OUTPUT_BYTE = { output: 1, errors: 2 } as const;

/**
 * Shells in instances, by WebSocket. Only with a token in `Authorization`, which no page of another site can send.
 *
 * The client's first message says what it wants (`shellWanted`). Then: binary messages of the client are input, and
 * its texts are `{"size":{…}}` and `{"endOfInput":true}`; binary messages of ours are output behind one byte (1 output,
 * 2 errors), and our texts are `{"open":{…}}`, `{"end":{…}}` and `{"error":{…}}`.
 */
export function shellServer(parts: WebParts): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: SHELL_FRAME_MAX, clientTracking: false });
  return (request, socket, head) => {
    // Nobody else listens while it is looked up who calls: a client that breaks off then must not end the process.
    const broken = (): void => void socket.destroy();
    socket.on('error', broken);
    admit(parts, request).then(
      ({ app, actor, again, stands }) =>
        sockets.handleUpgrade(request, socket, head, (client) => {
          socket.off('error', broken);
          client.once('close', parts.standing.watch({ again, stands, end: () => shutOut(client) }));
          void converse(parts, client, app, actor);
        }),
      (error: unknown) => refuse(socket, error),
    );
  };
}

async function admit(parts: WebParts, request: IncomingMessage) {
  const bearer = bearerIn(request.headers.authorization ?? '');
  const address = request.socket.remoteAddress ?? '';
  const found = bearer === undefined ? undefined : await bearerOf(parts, bearer, address);
  if (bearer === undefined || found === undefined) throw new UnauthorizedError();
  const app = ADDRESS.exec(request.url ?? '')?.[1];
  if (app === undefined) throw notFound(request.url ?? '');
  const { principal } = found;
  const rights = await parts.engine.users.rights(principal);
  const asked = { principal, rights, pattern: 'GET /api/v1/apps/:app/shell', wholeRepository: false };
  const { stands } = await demandOf(parts, asked, 'shell', app);
  const again = async () => (await lookBearer(parts, bearer))?.principal;
  return { app, actor: `user:${principal.user.name}`, again, stands };
}

/** Whoever was disabled, or lost the role, in the middle of it. The session ends with the client. */
function shutOut(client: WebSocket): void {
  const message = 'you may not be here any more';
  tell(client, { error: { code: 'not-permitted', message, next: 'ask an admin', status: 403 } });
  closeSoon(client);
}

/** There is no conversation yet: the refusal is a plain answer. */
function refuse(socket: Duplex, error: unknown): void {
  const { status, code, message, next } = toAnswer(error);
  const body = JSON.stringify({ error: { code, message, next } });
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

async function converse(parts: WebParts, client: WebSocket, app: string, actor: string): Promise<void> {
  const left = new AbortController();
  const gone = AbortSignal.any([left.signal, parts.stopping]);
  client.once('close', () => left.abort());
  client.on('error', () => client.terminate()); // `close` follows, and tells all that is to be known
  const stopWatching = watchAlive(client);
  try {
    const { environment, instance, ...rest } = readWanted(await firstMessage(client));
    const { production, command, terminal } = rest;
    const named = { ...(environment && { place: environment }), ...(instance && { instance }) };
    const wanted = { app, ...named, kind: 'shell' as const, production, request: { command, terminal } };
    const { opened, frames } = await hear(parts, wanted, actor, gone);
    tell(client, { open: { ...opened.instance, number: opened.number, of: opened.of } });
    pumpInput(client, opened.channel);
    await pumpOutput(client, frames);
  } catch (error) {
    const { code, message, next, status } = toAnswer(error);
    if (status === 500) parts.log.error({ app, error: messageOf(error) }, 'a shell failed by our fault');
    tell(client, { error: { code, message, next } });
  } finally {
    stopWatching();
    left.abort();
    closeSoon(client);
  }
}

/** @throws GantryError `body`; ZodError for unknown keys and wrong types. */
function readWanted(text: string): z.output<typeof shellWanted> {
  try {
    return shellWanted.parse(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GantryError('invalid', 'body', 'the first message is no JSON', 'send what is wanted', { cause: error });
  }
}

/** A client that does not close with us must not hold us up. */
function closeSoon(client: WebSocket): void {
  const late = setTimeout(() => client.terminate(), SHELL_CLOSE_MS);
  client.once('close', () => clearTimeout(late));
  client.close(1000);
}

const silent = (): GantryError =>
  new GantryError('invalid', 'body', 'nothing was asked for', 'say first what is wanted');

function firstMessage(client: WebSocket): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(silent()), SHELL_HELLO_MS);
    client.once('close', () => reject(silent()));
    client.once('message', (data) => {
      clearTimeout(late);
      resolve(bytesOf(data).toString('utf8'));
    });
  });
}

/** The client waits while the command does not read. */
function pumpInput(client: WebSocket, channel: Channel): void {
  let last = Promise.resolve();
  client.on('message', (data, isBinary) => {
    const frame = isBinary
      ? ({ type: 'input', bytes: bytesOf(data) } as const)
      : control(bytesOf(data).toString('utf8'));
    if (frame === undefined) return client.terminate();
    client.pause();
    last = last.then(() => channel.send(frame)).catch(() => undefined); // the reader of the channel hears why
    void last.then(() => client.resume());
  });
}

/** Undefined: not what was agreed on. */
function control(text: string): Frame | undefined {
  try {
    const said = JSON.parse(text) as { size?: unknown; endOfInput?: unknown };
    if (said.endOfInput === true) return { type: 'end-of-input' };
    return { type: 'size', ...terminalSize.parse(said.size) };
  } catch {
    // Whoever sends this is no client of ours; the caller ends it.
    return undefined;
  }
}

async function pumpOutput(client: WebSocket, frames: AsyncIterable<Frame>): Promise<void> {
  for await (const frame of frames) {
    if (frame.type === 'end') return tell(client, { end: { exitCode: frame.exitCode, reason: frame.reason } });
    if (frame.type !== 'output' && frame.type !== 'errors') continue;
    const bytes = Buffer.concat([Buffer.of(OUTPUT_BYTE[frame.type]), frame.bytes]);
    // Called when it was handed to the network: a slow client slows the command down.
    await new Promise<void>((resolve) => client.send(bytes, () => resolve()));
  }
  // Nobody has said the end: either the client is gone, and hears nothing, or we are going.
  tell(client, { end: { exitCode: null, reason: 'Gantry is being stopped' } });
}

/** A client that does not even answer a ping is gone, whatever the network says. */
function watchAlive(client: WebSocket): () => void {
  let alive = true;
  client.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (!alive) return client.terminate();
    alive = false;
    client.ping();
  }, SHELL_ALIVE_MS);
  return () => clearInterval(timer);
}

function tell(client: WebSocket, message: object): void {
  if (client.readyState === WebSocket.OPEN) client.send(JSON.stringify(message));
}

const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data;
