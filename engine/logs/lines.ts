import { plainText, settled } from './terminal-text';

/** One line of a step's log. */
export interface LogLine {
  /** From 1, in the whole log. */
  number: number;
  /** Without the log's own time, without anything that a terminal would obey. */
  text: string;
}

/** `09:41:02.317 `: what the runner puts before each line. */
const TIME = /^\d\d:\d\d:\d\d\.\d{3} /;
/** A longer line is cut where it is shown. */
const SHOWN_MAX = 500;

/** Cuts a text into lines. A carriage return writes over the line, as on a terminal. */
export function logLines(text: string, first = 1): LogLine[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => ({ number: first + i, text: clean(line) }));
}

function clean(line: string): string {
  const time = TIME.exec(line)?.[0] ?? '';
  const text = plainText(settled(line.slice(time.length))).trimEnd();
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}
