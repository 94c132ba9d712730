/** A line's own text: eight digits, a blank, and dots up to so many bytes with its end. */
export const LINE_BYTES = 1_000;
const NUMBER_DIGITS = 8;
/** `09:41:02.317 `: what Gantry puts before each line. */
const TIME_BYTES = 13;
const NEWLINE = 0x0a;

/** Writes `count` numbered lines as fast as it can. For a shell with awk. */
export const writeLines = (count: number): string =>
  `awk 'BEGIN { d = sprintf("%${LINE_BYTES - NUMBER_DIGITS - 2}s", ""); gsub(" ", ".", d); ` +
  `for (i = 1; i <= ${count}; i++) printf "%0${NUMBER_DIGITS}d %s\\n", i, d }'`;

/** Counts numbered lines in a log as its bytes come: each must be whole, and the one after the last. */
export class LineCount {
  /** The last line seen. */
  seen = 0;
  /** Lines that should have come before one that came, and lines that were not whole. */
  lost = 0;
  private rest: Buffer = Buffer.alloc(0);

  read(bytes: Buffer): void {
    let text = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    for (let end = text.indexOf(NEWLINE); end >= 0; end = text.indexOf(NEWLINE)) {
      this.line(text.subarray(0, end));
      text = text.subarray(end + 1);
    }
    this.rest = Buffer.from(text);
  }

  private line(line: Buffer): void {
    if (line.length !== TIME_BYTES + LINE_BYTES - 1) return;
    let number = 0;
    for (let i = 0; i < NUMBER_DIGITS; i++) number = number * 10 + (line[TIME_BYTES + i] ?? 0) - 0x30;
    this.lost += Math.max(0, number - this.seen - 1);
    this.seen = number;
  }
}
