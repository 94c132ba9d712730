import type { Readable } from 'node:stream';

/** A piece of what a process wrote, as it wrote it. */
export interface Piece {
  type: 'output' | 'errors';
  bytes: Buffer;
}

const HEADER_BYTES = 8;
const ERRORS = 2;

/** Takes Docker's headers out of a stream of both outputs. It reads on only when its reader does. */
export async function* rawOutput(stream: Readable): AsyncGenerator<Piece> {
  let pending: Buffer = Buffer.alloc(0);
  /** What is left of the piece that was begun. */
  let open: { type: Piece['type']; left: number } | undefined;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      if (open === undefined && pending.length >= HEADER_BYTES) {
        open = { type: pending[0] === ERRORS ? 'errors' : 'output', left: pending.readUInt32BE(4) };
        pending = pending.subarray(HEADER_BYTES);
      }
      if (open === undefined || (pending.length === 0 && open.left > 0)) break;
      const bytes = pending.subarray(0, open.left);
      pending = pending.subarray(bytes.length);
      open.left -= bytes.length;
      if (bytes.length > 0) yield { type: open.type, bytes };
      if (open.left === 0) open = undefined;
    }
  }
}

/** With a terminal there is one stream, and no headers. */
export async function* terminalOutput(stream: Readable): AsyncGenerator<Piece> {
  for await (const bytes of stream as AsyncIterable<Buffer>) yield { type: 'output', bytes };
}
