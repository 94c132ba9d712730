import { PassThrough } from 'node:stream';
import type { EventRecord } from '../../engine/events/since';
import { HEARTBEAT_MS } from '../limits';
import type { WebParts } from '../parts';
import type { Context } from '../route';

/** Aborts when the client goes away or the process is to stop. */
export function untilGone(parts: WebParts, ctx: Context): AbortSignal {
  const gone = new AbortController();
  ctx.res.once('close', () => gone.abort());
  if (ctx.res.destroyed) gone.abort();
  return AbortSignal.any([gone.signal, parts.stopping]);
}

/** Where a reader left off: `Last-Event-ID` of a browser that comes again, or `?after=`; undefined for a new one. */
export function resumeFrom(ctx: Context): number | undefined {
  const text = ctx.get('Last-Event-ID') || String(ctx.query.after ?? '');
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** A stream of server-sent events that is open: it pauses with its reader. */
export interface SentEvents {
  /** Resolves when the reader may be sent more; at once when it is gone. */
  send(text: string): Promise<void>;
  readonly gone: boolean;
}

/** Answers with server-sent events, which `pump` sends; the stream ends with it. */
export function sendStream(ctx: Context, pump: (events: SentEvents) => Promise<void>): void {
  const stream = new PassThrough({ highWaterMark: 16_384 });
  ctx.status = 200;
  ctx.type = 'text/event-stream';
  ctx.set('X-Accel-Buffering', 'no');
  ctx.body = stream;
  stream.write('retry: 1000\n\n');
  const heartbeat = setInterval(
    () => stream.writable && !stream.writableNeedDrain && stream.write(': here\n\n'),
    HEARTBEAT_MS,
  );
  const events: SentEvents = {
    send: (text) => write(stream, text),
    get gone() {
      return stream.destroyed;
    },
  };
  pump(events)
    .then(
      () => stream.end(),
      (error) => stream.destroy(error as Error),
    )
    .finally(() => clearInterval(heartbeat));
}

/**
 * Answers with the events of the feed, which cuts off whoever stays behind.
 * @param last called with each event: true ends the stream after an `end` event
 */
export function sendEvents(
  ctx: Context,
  events: AsyncGenerator<EventRecord>,
  last: (event: EventRecord) => Promise<boolean> | boolean,
): void {
  sendStream(ctx, async (stream) => {
    for await (const event of events) {
      await stream.send(eventText(String(event.id), event));
      if (stream.gone) break;
      if (await last(event)) {
        await stream.send(END);
        break;
      }
    }
  });
}

/** Tells a reader that there will never be more. */
export const END = 'event: end\ndata: {}\n\n';

/** @param id where a reader that comes back goes on */
export function eventText(id: string, event: EventRecord): string {
  const { app, run, at, type, data } = event;
  const told = { ...data, app, run: run === null ? null : { number: run.number }, at };
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(told)}\n\n`;
}

/** Waits while the reader is slow; returns at once when it is gone. */
function write(stream: PassThrough, text: string): Promise<void> {
  if (stream.destroyed || stream.write(text)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done);
    stream.on('close', done);
  });
}
