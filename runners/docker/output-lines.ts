/** A line longer than this is cut into pieces: nobody reads it, and a log without newlines must not fill memory. */
export const MAX_LINE_BYTES = 16 * 1024;
const NEWLINE = 0x0a;

/** Cuts a stream of bytes into lines. Bytes stay bytes until a line is whole, so no character is torn. */
export class LineSplitter {
  private pending: Buffer = Buffer.alloc(0);

  constructor(private readonly onLine: (line: string) => void) {}

  write(chunk: Buffer): void {
    let rest = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    for (let end = rest.indexOf(NEWLINE); end >= 0 || rest.length > MAX_LINE_BYTES; end = rest.indexOf(NEWLINE)) {
      const cut = end >= 0 && end <= MAX_LINE_BYTES ? end : MAX_LINE_BYTES;
      this.emit(rest.subarray(0, cut));
      rest = rest.subarray(rest[cut] === NEWLINE ? cut + 1 : cut);
    }
    this.pending = Buffer.from(rest);
  }

  /** The last line, when the stream ended in the middle of it. */
  end(): void {
    if (this.pending.length > 0) this.emit(this.pending);
    this.pending = Buffer.alloc(0);
  }

  /** A carriage return writes over the line, as on a terminal: what stood there last is the line. */
  private emit(bytes: Buffer): void {
    const text = bytes.toString('utf8').replace(/\r+$/, '');
    this.onLine(text.slice(text.lastIndexOf('\r') + 1));
  }
}

const FRAME_HEADER = 8;

/** Docker mixes both outputs in one stream, each piece behind a header of 8 bytes: which output, and its length. */
export class OutputDemultiplexer {
  private pending: Buffer = Buffer.alloc(0);
  private readonly outputs: Record<number, LineSplitter>;

  constructor(onLine: (line: string) => void) {
    this.outputs = { 1: new LineSplitter(onLine), 2: new LineSplitter(onLine) };
  }

  write(chunk: Buffer): void {
    let rest = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (rest.length >= FRAME_HEADER) {
      const end = FRAME_HEADER + rest.readUInt32BE(4);
      if (rest.length < end) break;
      this.outputs[rest[0] ?? 0]?.write(rest.subarray(FRAME_HEADER, end));
      rest = rest.subarray(end);
    }
    this.pending = Buffer.from(rest);
  }

  end(): void {
    for (const output of Object.values(this.outputs)) output.end();
  }
}

export interface OutputLimits {
  /** Bytes that are passed on as they come. */
  head: number;
  /** Bytes of the end that are kept beyond that. */
  tail: number;
}

/** 64 MB in all: the beginning says what was tried, the end how it went. */
export const OUTPUT_LIMITS: OutputLimits = { head: 60 * 1024 * 1024, tail: 4 * 1024 * 1024 };

/** Passes lines on up to a limit, then keeps only the last ones and, at the end, says what was left out. */
export class BoundedOutput {
  private passed = 0;
  private kept: string[] = [];
  private keptBytes = 0;
  private leftOut = { lines: 0, bytes: 0 };

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly limits: OutputLimits = OUTPUT_LIMITS,
  ) {}

  readonly line = (line: string): void => {
    const size = Buffer.byteLength(line) + 1;
    if (this.kept.length === 0 && this.passed + size <= this.limits.head) {
      this.passed += size;
      this.onLine(line);
      return;
    }
    this.kept.push(line);
    this.keptBytes += size;
    if (this.keptBytes > 2 * this.limits.tail) this.shorten();
  };

  end(): void {
    this.shorten();
    const { lines, bytes } = this.leftOut;
    if (lines > 0) {
      const limit = this.limits.head + this.limits.tail;
      this.onLine(
        `gantry: the output is longer than ${limit} bytes: ${lines} lines (${bytes} bytes) are left out here`,
      );
    }
    for (const line of this.kept) this.onLine(line);
    this.kept = [];
  }

  /** Only now and then, since taking from the front of a long list is slow. */
  private shorten(): void {
    let drop = 0;
    while (drop < this.kept.length && this.keptBytes > this.limits.tail) {
      const size = Buffer.byteLength(this.kept[drop] ?? '') + 1;
      this.keptBytes -= size;
      this.leftOut.bytes += size;
      drop += 1;
    }
    this.leftOut.lines += drop;
    this.kept = this.kept.slice(drop);
  }
}
