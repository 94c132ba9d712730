import { LOG_CHUNK } from '../limits';
import { type LogLine, styledLine } from './styled-line';

/** The beginning of a line in a log. A reader that comes back names it, and misses nothing and sees nothing twice. */
export interface Position {
  /** In bytes. */
  offset: number;
  /** Number of the line that begins there, from 1. */
  line: number;
}

export const NEWLINE = 10;

/**
 * The whole lines of `bytes`, which were read at `from`, and where the next one begins. An unfinished line is left for
 * the next read, unless nothing more will come (`final`) or it is longer than any line should be.
 */
export function takeLines(bytes: Buffer, from: Position, final: boolean): { lines: LogLine[]; next: Position } {
  const lines: LogLine[] = [];
  let at = 0;
  const take = (end: number, after: number) => {
    lines.push(styledLine(bytes.toString('utf8', at, end), from.line + lines.length));
    at = after;
  };
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, at)) take(end, end + 1);
  const isLong = at === 0 && bytes.length >= LOG_CHUNK;
  if (at < bytes.length && (final || isLong)) take(bytes.length, bytes.length);
  return { lines, next: { offset: from.offset + at, line: from.line + lines.length } };
}

export function countNewlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
