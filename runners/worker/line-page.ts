import type { OutputLine } from '../../engine/ports/bytes';

/** A longer line is cut, bytes. */
const LINE_LIMIT = 16 * 1024;
const CUT = Buffer.from('… (line cut)');
const NEWLINE = 0x0a;
const BLANK = 0x20;
/** Beyond this a page is full. */
const FULL_BYTES = 128 * 1024;
/** A time, a blank, a line that is cut, its end. */
const LONGEST = 64 + LINE_LIMIT + CUT.length;
const SMALL_BYTES = 4 * 1024;

/** Lines one behind the other, in memory that grows once and is written on again and again. */
export class LinePage {
  private memory = Buffer.allocUnsafeSlow(SMALL_BYTES);
  private length = 0;

  get bytes(): Buffer {
    return this.memory.subarray(0, this.length);
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  get isFull(): boolean {
    return this.length >= FULL_BYTES;
  }

  /** `09:41:02.317 the line`, whatever it holds. */
  add(time: string, line: OutputLine): void {
    const bytes = typeof line === 'string' ? Buffer.from(line) : line;
    this.makeRoom(Math.min(bytes.length, LINE_LIMIT));
    this.length += this.memory.write(time, this.length, 'latin1');
    this.memory[this.length++] = BLANK;
    this.length += bytes.copy(this.memory, this.length, 0, LINE_LIMIT);
    if (bytes.length > LINE_LIMIT) this.length += CUT.copy(this.memory, this.length);
    this.memory[this.length++] = NEWLINE;
  }

  clear(): void {
    this.length = 0;
  }

  private makeRoom(bytes: number): void {
    if (this.memory.length - this.length >= bytes + LONGEST - LINE_LIMIT) return;
    const larger = Buffer.allocUnsafeSlow(FULL_BYTES + LONGEST);
    this.memory.copy(larger, 0, 0, this.length);
    this.memory = larger;
  }
}
