import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** One server-sent event. */
export interface SentEvent {
  id: string;
  type: string;
  data: string;
}

/** A longer line is no event of Gantry. */
const LINE_MAX = 1024 * 1024;

/** Reads `text/event-stream`. Ends with the stream; comments (heartbeats) are skipped. */
export async function* readEvents(stream: Readable): AsyncGenerator<SentEvent> {
  let event = { id: '', type: 'message', data: [] as string[] };
  for await (const line of lines(stream)) {
    if (line === '') {
      if (event.data.length > 0) yield { id: event.id, type: event.type, data: event.data.join('\n') };
      event = { id: event.id, type: 'message', data: [] };
      continue;
    }
    const colon = line.indexOf(':');
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'id') event.id = value;
    else if (field === 'event') event.type = value;
    else if (field === 'data') event.data.push(value);
  }
}

async function* lines(stream: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const piece of stream as AsyncIterable<Buffer>) {
    const parts = (rest + decoder.write(piece)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > LINE_MAX) throw new Error(`an event is longer than ${LINE_MAX} characters`);
    for (const part of parts) yield part.replace(/\r$/, '');
  }
}
