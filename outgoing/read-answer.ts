import type { Readable } from 'node:stream';
import { GantryError } from '../engine/model/errors';

/** Reads a body up to its limit; a longer one is not read to its end. @throws GantryError `outgoing-too-large`. */
export async function readAnswer(body: Readable, maxBytes: number, host: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Leaving the loop ends the stream, and its connection with it.
    if (size > maxBytes) throw tooLarge(host, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(host: string, maxBytes: number): GantryError {
  const message = `${host} answered with more than ${maxBytes} bytes`;
  return new GantryError('unavailable', 'outgoing-too-large', message, 'see whether the address is the right one');
}
