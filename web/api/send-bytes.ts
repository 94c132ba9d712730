import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { LOG_CHUNK } from '../limits';
import type { Context } from '../route';

/**
 * Answers with bytes that are read piece by piece into the same memory: as many slow readers as there are cost one piece
 * each, however much they read. So the answer is not handed to Koa, whose streams do not tell when a piece has gone out.
 * To a HEAD nothing is read. Returns when it has begun; when reading fails, the connection is broken off.
 */
export function sendBytes(ctx: Context, read: (memory: Buffer) => AsyncIterable<Buffer>): void {
  const response = ctx.res;
  ctx.status = 200;
  ctx.respond = false;
  response.flushHeaders();
  if (ctx.method === 'HEAD') {
    response.end();
    return;
  }
  sendAll(response, read(Buffer.allocUnsafeSlow(LOG_CHUNK))).catch((error: Error) => {
    response.destroy();
    ctx.app.emit('error', error, ctx);
  });
}

async function sendAll(response: ServerResponse, pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const bytes of pieces) if (!(await send(response, bytes))) return;
  response.end();
}

/** Resolves when the bytes are with the operating system: whether the reader is still there. */
async function send(response: ServerResponse, bytes: Buffer): Promise<boolean> {
  if (response.destroyed) return false;
  const gone = new AbortController();
  const sent = new Promise<void>((resolve) => response.write(bytes, () => resolve()));
  const closed = once(response, 'close', { signal: gone.signal }).catch(() => undefined);
  await Promise.race([sent, closed]);
  gone.abort();
  return !response.destroyed;
}
