import type { OutputLine } from '../ports/bytes';
import { patternsOf } from './encodings';
import { checkStepSecrets, SECRET_BYTES_MIN } from './names';
import { PatternSet } from './pattern-set';

export const MASK = '***';
const LINE_FEED = 0x0a;
const RETURN = 0x0d;
/**
 * What is held back at most: the longest value wrapped at eight bytes a line. What was begun longer ago is shown, so that
 * a program that writes blank lines for ever costs neither time nor memory.
 */
const HELD_LINES_MAX = 8_192;
const HELD_BYTES_MAX = 1024 * 1024;

interface HeldLine {
  line: OutputLine;
  bytes: Buffer;
  /** Bytes of it that count: ends of lines inside it do not. */
  counts: number;
  /** From, to (exclusive). In the order in which they ended. */
  masked: [number, number][];
  /** Lines right behind it in which nothing counts. */
  blank: OutputLine[];
  /** Bytes of it and of them. */
  size: number;
}

/** What a value took, in bytes that count from the beginning of the newest line; `at`: where it ends in that line. */
interface Found {
  from: number;
  to: number;
  at: number;
}

/**
 * Masks values, and what programs make of them, in the lines of one step. What one line begins and the next one ends is
 * found, too: a line is held back while its end may be the beginning of a value. Pure: no clock, no output of its own.
 */
export class Masker {
  private set = new PatternSet([]);
  private readonly values = new Map<string, Buffer>();
  private held: HeldLine[] = [];
  /** Sums over what is held: lines, their bytes, and those that count. */
  private sums = { lines: 0, bytes: 0, counts: 0 };
  private state = 0;

  /** Is there nothing to mask? */
  get isEmpty(): boolean {
    return this.values.size === 0;
  }

  /** Are there lines that were taken and not given out? */
  get holds(): boolean {
    return this.held.length > 0;
  }

  /**
   * From now on these are masked as well.
   * @returns lines that were held back and are given out first
   * @throws StepFailure (user) when they are too much, with those of before: the patterns are made here, at once
   */
  add(values: readonly Buffer[]): OutputLine[] {
    const fresh = values.filter((value) => !this.values.has(value.toString('latin1')));
    if (fresh.length === 0) return [];
    checkStepSecrets(
      'this step',
      [...this.values.values(), ...fresh].map(({ length }) => length),
    );
    for (const value of fresh) this.values.set(value.toString('latin1'), value);
    const given = this.end();
    this.set = new PatternSet([...this.values.values()].flatMap(patternsOf));
    return given;
  }

  /** Takes a line; gives out those that are certain now, masked. */
  write(line: OutputLine): OutputLine[] {
    if (this.isEmpty) return [line];
    const own = heldLine(line);
    const last = this.held.at(-1);
    if (own.counts === 0 && last !== undefined) {
      last.blank.push(line);
      last.size += own.size;
    } else this.held.push(own);
    this.sums.lines++;
    this.sums.bytes += own.size;
    this.sums.counts += own.counts;
    if (own.counts > 0) this.scan(own);
    return this.release(this.set.depth(this.state));
  }

  /** Nothing came for a while: what is held back for a few bytes only is given out, so that people need not wait. */
  rest(): OutputLine[] {
    return this.set.depth(this.state) < SECRET_BYTES_MIN ? this.release(0) : [];
  }

  /** Nothing comes any more. */
  end(): OutputLine[] {
    this.state = 0;
    return this.release(0);
  }

  /** A text of its own, whatever the lines are. */
  text(text: string): string {
    if (this.isEmpty) return text;
    const own = heldLine(text);
    const { held, state } = this;
    this.held = [own];
    this.state = 0;
    this.scan(own);
    this.held = held;
    this.state = state;
    return own.masked.length === 0 ? text : render(own).toString('utf8');
  }

  private scan({ bytes }: HeldLine): void {
    const { set } = this;
    let { state } = this;
    let count = 0;
    let found: Found | undefined;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED || byte === RETURN) continue;
      count++;
      state = set.next(state, byte);
      if (state === 0) continue;
      const length = set.ended(state);
      if (length === 0) continue;
      const from = count - length;
      // One that overlaps the last one is one with it: a value that repeats itself is not gone over at every byte.
      if (found !== undefined && from < found.to) found = { from: Math.min(from, found.from), to: count, at };
      else {
        this.mask(found);
        found = { from, to: count, at };
      }
    }
    this.mask(found);
    this.state = state;
  }

  /** Marks bytes that count, back from an end in the newest line into the lines before it. */
  private mask(found: Found | undefined): void {
    if (found === undefined) return;
    let missing = found.to - found.from;
    let last = found.at;
    for (let index = this.held.length - 1; index >= 0 && missing > 0; index--) {
      const { bytes, masked } = this.held[index] as HeldLine;
      if (index < this.held.length - 1) last = bytes.length - 1;
      let first = last + 1;
      while (first > 0 && missing > 0) {
        const byte = bytes[--first];
        if (byte !== LINE_FEED && byte !== RETURN) missing--;
      }
      if (first <= last) masked.push([first, last + 1]);
    }
  }

  /** Gives out all lines but those that hold the last `kept` bytes, and of them no more than may be held. */
  private release(kept: number): OutputLine[] {
    const { held, sums } = this;
    const given: OutputLine[] = [];
    let from = 0;
    for (let first = held[0]; first !== undefined; first = held[++from]) {
      const tooMuch = sums.lines > HELD_LINES_MAX || sums.bytes > HELD_BYTES_MAX;
      if (kept > 0 && sums.counts - first.counts < kept && !tooMuch) break;
      given.push(first.masked.length === 0 ? first.line : render(first));
      for (const line of first.blank) given.push(line);
      sums.lines -= 1 + first.blank.length;
      sums.bytes -= first.size;
      sums.counts -= first.counts;
    }
    if (from > 0) this.held = held.slice(from);
    if (this.held.length === 0) this.sums = { lines: 0, bytes: 0, counts: 0 };
    return given;
  }
}

function heldLine(line: OutputLine): HeldLine {
  const bytes = typeof line === 'string' ? Buffer.from(line) : line;
  let counts = bytes.length;
  for (const byte of bytes) if (byte === LINE_FEED || byte === RETURN) counts--;
  return { line, bytes, counts, masked: [], blank: [], size: bytes.length };
}

function render({ bytes, masked }: HeldLine): Buffer {
  const mask = Buffer.from(MASK);
  const parts: Buffer[] = [];
  let at = 0;
  for (const [from, to] of joined(masked)) {
    parts.push(bytes.subarray(at, from), mask);
    at = to;
  }
  return Buffer.concat([...parts, bytes.subarray(at)]);
}

/** Ranges that touch each other as one: how many pieces there were says nothing to anybody. */
function joined(ranges: readonly [number, number][]): [number, number][] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else result.push([from, to]);
  }
  return result;
}
