/** A line longer than this is cut into pieces: nobody reads it, and a log without newlines must not fill memory. */
export const MAX_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** Cuts a stream of bytes into lines. They stay bytes: what a program wrote is not guessed at. */
export class LineSplitter {
  private pending: Buffer = Buffer.alloc(0);

  constructor(private readonly onLine: (line: Buffer) => void) {}

  write(chunk: Buffer): void {
    let rest = this.pending.length === 0 ? chunk : this.endPending(chunk);
    for (let end = rest.indexOf(NEWLINE); end >= 0 || rest.length > MAX_LINE_BYTES; end = rest.indexOf(NEWLINE)) {
      const cut = end >= 0 && end <= MAX_LINE_BYTES ? end : MAX_LINE_BYTES;
      this.emit(rest.subarray(0, cut));
      rest = rest.subarray(rest[cut] === NEWLINE ? cut + 1 : cut);
    }
    if (rest.length > 0) this.pending = Buffer.concat([this.pending, rest]);
  }

  /** Only the line that was begun is copied, not all that came with its end. @returns what comes after it */
  private endPending(chunk: Buffer): Buffer {
    const end = chunk.indexOf(NEWLINE);
    const length = this.pending.length + (end < 0 ? chunk.length : end);
    if (length > MAX_LINE_BYTES) {
      const all = Buffer.concat([this.pending, chunk]);
      this.pending = Buffer.alloc(0);
      return all;
    }
    if (end < 0) return chunk;
    this.emit(Buffer.concat([this.pending, chunk.subarray(0, end)]));
    this.pending = Buffer.alloc(0);
    return chunk.subarray(end + 1);
  }

  /** The last line, when the stream ended in the middle of it. */
  end(): void {
    if (this.pending.length > 0) this.emit(this.pending);
    this.pending = Buffer.alloc(0);
  }

  /** A carriage return writes over the line, as on a terminal: what stood there last is the line. */
  private emit(bytes: Buffer): void {
    let end = bytes.length;
    while (bytes[end - 1] === CARRIAGE_RETURN) end--;
    const line = bytes.subarray(end === 0 ? 0 : bytes.lastIndexOf(CARRIAGE_RETURN, end - 1) + 1, end);
    this.onLine(line);
  }
}

const FRAME_HEADER = 8;

/** Docker mixes both outputs in one stream, each piece behind a header of 8 bytes: which output, and its length. */
export class OutputDemultiplexer {
  private header: Buffer = Buffer.alloc(0);
  /** Bytes of the piece that was begun which have not come yet. */
  private left = 0;
  private readonly outputs: Record<number, LineSplitter>;

  constructor(onLine: (line: Buffer) => void) {
    this.outputs = { 1: new LineSplitter(onLine), 2: new LineSplitter(onLine) };
  }

  write(chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0; ) {
      if (this.left === 0) {
        const missing = FRAME_HEADER - this.header.length;
        this.header = Buffer.concat([this.header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (this.header.length < FRAME_HEADER) return;
        this.left = this.header.readUInt32BE(4);
      }
      const piece = rest.subarray(0, this.left);
      this.outputs[this.header[0] ?? 0]?.write(piece);
      this.left -= piece.length;
      rest = rest.subarray(piece.length);
      if (this.left === 0) this.header = Buffer.alloc(0);
    }
  }

  end(): void {
    for (const output of Object.values(this.outputs)) output.end();
  }
}
