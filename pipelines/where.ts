import { OFFENDING_MAX } from './limits';
import type { Problem } from './types';

/** Steps from the root of the document to a value: keys and list positions. */
export type Path = readonly (string | number)[];

/** A stretch of the text, as offsets. */
export interface Span {
  start: number;
  end: number;
}

/** Where keys and values of one document stand in its text; makes `Problem`s that point there. */
export class Where {
  private readonly lineStarts: number[] = [0];
  private readonly values = new Map<string, Span>();
  private readonly keys = new Map<string, Span>();

  constructor(
    readonly file: string,
    private readonly text: string,
  ) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.lineStarts.push(at + 1);
  }

  remember(path: Path, value: Span, key: Span | null): void {
    this.values.set(id(path), value);
    if (key !== null) this.keys.set(id(path), key);
  }

  /** Is there a value at `path`? */
  has(path: Path): boolean {
    return this.values.has(id(path));
  }

  /** A problem with the value at `path`; when there is none, it points to the nearest thing around it. */
  problem(
    path: Path,
    code: string,
    message: string,
    more: Partial<Pick<Problem, 'nearest' | 'severity'>> = {},
  ): Problem {
    return this.at(this.valueSpan(path) ?? this.around(path), path, code, message, more);
  }

  /** A problem with the key itself, for example one that nobody knows. */
  keyProblem(path: Path, code: string, message: string, nearest: string | null = null): Problem {
    return this.at(this.keys.get(id(path)) ?? this.around(path), path, code, message, { nearest });
  }

  /** A problem with a stretch of the text. */
  at(
    span: Span,
    path: Path,
    code: string,
    message: string,
    more: Partial<Pick<Problem, 'nearest' | 'severity'>> = {},
  ): Problem {
    const start = Math.max(0, Math.min(span.start, this.text.length));
    const line = this.lineOf(start);
    return {
      file: this.file,
      line: line + 1,
      column: start - (this.lineStarts[line] ?? 0) + 1,
      path: path.join('.'),
      code,
      severity: more.severity ?? 'error',
      message,
      offending: quote(this.text.slice(start, Math.max(start, span.end))),
      nearest: more.nearest ?? null,
    };
  }

  /** A value that begins below its key is told by its key: its own first line speaks of something else. */
  private valueSpan(path: Path): Span | undefined {
    const value = this.values.get(id(path));
    const key = this.keys.get(id(path));
    if (value === undefined || key === undefined) return value;
    return this.lineOf(value.start) > this.lineOf(key.start) ? key : value;
  }

  /** The key of the nearest ancestor, or the top of the file: where something missing would have to be added. */
  private around(path: Path): Span {
    for (let length = path.length - 1; length > 0; length--) {
      const place = id(path.slice(0, length));
      const span = this.keys.get(place) ?? this.values.get(place);
      if (span !== undefined) return span;
    }
    return { start: 0, end: 0 };
  }

  private lineOf(offset: number): number {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function id(path: Path): string {
  return JSON.stringify(path);
}

/** The first line of a stretch of text, shortened. */
function quote(text: string): string {
  const line = (text.split('\n', 1)[0] ?? '').trimEnd();
  if (line === '' && text !== '') return JSON.stringify(text.slice(0, 20)).slice(1, -1);
  return line.length > OFFENDING_MAX ? `${line.slice(0, OFFENDING_MAX - 1)}…` : line;
}
