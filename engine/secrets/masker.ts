import type { OutputLine } from '../ports/bytes';
import { patternsOf } from './encodings';
import { SECRET_BYTES_MIN } from './names';
import { PatternSet } from './pattern-set';

export const MASK = '***';
const LINE_FEED = 0x0a;
const RETURN = 0x0d;

interface HeldLine {
  line: OutputLine;
  bytes: Buffer;
  /** Bytes of it that count: ends of lines inside it do not. */
  counts: number;
  /** From, to (exclusive). In the order in which they ended. */
  masked: [number, number][];
}

/**
 * Masks values, and what programs make of them, in the lines of one step. What one line begins and the next one ends is
 * found, too: a line is held back while its end may be the beginning of a value. Pure: no clock, no output of its own.
 */
export class Masker {
  private set = new PatternSet([]);
  private readonly values = new Map<string, Buffer>();
  private held: HeldLine[] = [];
  private state = 0;

  /** Is there nothing to mask? */
  get isEmpty(): boolean {
    return this.values.size === 0;
  }

  /** Are there lines that were taken and not given out? */
  get holds(): boolean {
    return this.held.length > 0;
  }

  /** From now on these are masked as well. @returns lines that were held back and are given out first */
  add(values: readonly Buffer[]): OutputLine[] {
    const fresh = values.filter((value) => !this.values.has(value.toString('latin1')));
    if (fresh.length === 0) return [];
    for (const value of fresh) this.values.set(value.toString('latin1'), value);
    const given = this.end();
    this.set = new PatternSet([...this.values.values()].flatMap(patternsOf));
    return given;
  }

  /** Takes a line; gives out those that are certain now, masked. */
  write(line: OutputLine): OutputLine[] {
    if (this.isEmpty) return [line];
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    const own: HeldLine = { line, bytes, counts: bytes.length, masked: [] };
    this.held.push(own);
    this.scan(own);
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
    const own: HeldLine = { line: text, bytes: Buffer.from(text), counts: 0, masked: [] };
    const { held, state } = this;
    this.held = [own];
    this.state = 0;
    this.scan(own);
    this.held = held;
    this.state = state;
    return own.masked.length === 0 ? text : render(own).toString('utf8');
  }

  private scan(own: HeldLine): void {
    const { bytes } = own;
    const { set } = this;
    let { state } = this;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (byte === LINE_FEED || byte === RETURN) {
        own.counts--;
        continue;
      }
      state = set.next(state, byte);
      if (state === 0) continue;
      const length = set.ended(state);
      if (length > 0) this.mask(at, length);
    }
    this.state = state;
  }

  /** Marks the last `length` bytes that count, back from `end` in the newest line into those before it. */
  private mask(end: number, length: number): void {
    let missing = length;
    let last = end;
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

  /** Gives out all lines but those that hold the last `kept` bytes. */
  private release(kept: number): OutputLine[] {
    let from = this.held.length;
    for (let missing = kept; from > 0 && missing > 0; from--) missing -= this.held[from - 1]?.counts ?? 0;
    const given = this.held.slice(0, from);
    this.held = this.held.slice(from);
    return given.map((one) => (one.masked.length === 0 ? one.line : render(one)));
  }
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
