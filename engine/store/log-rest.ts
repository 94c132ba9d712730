import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';

export interface RestLimits {
  /** Bytes of its end that are kept. */
  tailBytes: number;
  /** Of the whole log, as people are told it. */
  limitBytes: number;
}

/** What is gone for good. */
interface LeftOut {
  lines: number;
  bytes: number;
}

const NEWLINE = 0x0a;

/**
 * What comes after the head of a log that has reached its limit, in two files beside it: the newer one takes what comes,
 * and when it has grown to the size of the tail it becomes the older one, whose lines are counted and gone. So the last
 * bytes are always there, also after a kill, and never more than twice as many.
 */
export class LogRest {
  private newerBytes: number;

  private constructor(
    private readonly file: string,
    private readonly limits: RestLimits,
    private leftOut: LeftOut,
  ) {
    this.newerBytes = statSync(this.newer, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** The rest that another process began; undefined when the log has not reached its limit. */
  static find(file: string, limits: RestLimits): LogRest | undefined {
    if (!existsSync(`${file}.left-out`)) return undefined;
    const text = readFileSync(`${file}.left-out`, 'utf8');
    const [lines = 0, bytes = 0] = text.split(' ').map(Number);
    return new LogRest(file, limits, { lines, bytes });
  }

  static begin(file: string, limits: RestLimits): LogRest {
    const rest = new LogRest(file, limits, { lines: 0, bytes: 0 });
    rest.keepCount();
    return rest;
  }

  /** Stands in the log where its head ends. */
  static notice({ limitBytes, tailBytes }: RestLimits): Buffer {
    return Buffer.from(
      `gantry: the log is about to pass its limit of ${size(limitBytes)} (GANTRY_LOG_LIMIT_MIB): ` +
        `from here on only its last ${size(tailBytes)} are kept, and shown when the step has ended\n`,
    );
  }

  append(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + this.limits.tailBytes - this.newerBytes);
      appendFileSync(this.newer, piece);
      this.newerBytes += piece.length;
      at += piece.length;
      if (this.newerBytes >= this.limits.tailBytes) this.turn();
    }
  }

  /** What is kept, behind a line that says what is not. */
  kept(): Buffer {
    const held = Buffer.concat([readIfThere(this.older), readIfThere(this.newer)]);
    const tail = lastLines(held, this.limits.tailBytes);
    const cut = held.subarray(0, held.length - tail.length);
    const lines = this.leftOut.lines + countLines(cut);
    const bytes = this.leftOut.bytes + cut.length;
    if (bytes === 0) return tail;
    return Buffer.concat([Buffer.from(`gantry: ${lines} lines (${bytes} bytes) are left out here\n`), tail]);
  }

  /** Its files go once what they hold stands in the log: a full disk or a kill between leaves it twice, never not. */
  remove(): void {
    for (const name of [this.older, this.newer, this.count]) rmSync(name, { force: true });
  }

  private get older(): string {
    return `${this.file}.older`;
  }

  private get newer(): string {
    return `${this.file}.newer`;
  }

  private get count(): string {
    return `${this.file}.left-out`;
  }

  private turn(): void {
    this.leaveOut(readIfThere(this.older));
    this.keepCount();
    renameSync(this.newer, this.older);
    this.newerBytes = 0;
  }

  private leaveOut(bytes: Buffer): void {
    this.leftOut = { lines: this.leftOut.lines + countLines(bytes), bytes: this.leftOut.bytes + bytes.length };
  }

  private keepCount(): void {
    writeFileSync(this.count, `${this.leftOut.lines} ${this.leftOut.bytes}`);
  }
}

/** Whole lines from the end, within so many bytes; the end of the last line when that one alone is longer. */
function lastLines(bytes: Buffer, limit: number): Buffer {
  if (bytes.length <= limit) return bytes;
  const from = bytes.length - limit;
  const begin = bytes.indexOf(NEWLINE, from - 1) + 1;
  return bytes.subarray(begin === 0 || begin === bytes.length ? from : begin);
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}

const readIfThere = (file: string): Buffer => (existsSync(file) ? readFileSync(file) : Buffer.alloc(0));

const size = (bytes: number): string => (bytes < 1024 * 1024 ? `${bytes / 1024} KiB` : `${bytes / (1024 * 1024)} MiB`);
