import { stripVTControlCharacters } from 'node:util';

/** Where text goes; a terminal or a pipe. */
export interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

export interface OutputOptions {
  stdout: Screen;
  stderr: Screen;
  json: boolean;
  noColor: boolean;
}

const STYLES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
export type Style = keyof typeof STYLES;

/**
 * The one place that writes. Results go to stdout, progress and remarks to stderr. With `--json` stdout gets one document
 * and nothing else; colour and progress are for terminals only.
 */
export class Output {
  private progressing = false;

  constructor(private readonly options: OutputOptions) {}

  get json(): boolean {
    return this.options.json;
  }

  /** Is stdout a terminal with a person before it? */
  get terminal(): boolean {
    return this.options.stdout.isTTY === true && !this.options.json;
  }

  /** Whether text may have colours: a terminal, and nobody said no. */
  get colours(): boolean {
    return this.terminal && !this.options.noColor;
  }

  /** A line of the result, while the command runs. */
  line(text: string): void {
    if (this.options.json) return;
    this.clearProgress();
    this.options.stdout.write(`${this.terminal ? text : stripVTControlCharacters(text)}\n`);
  }

  /** Text as it is, without a line end of its own: logs. */
  raw(text: string): void {
    if (!this.options.json) this.jsonText(text);
  }

  /** Text that is JSON already: the result itself, with `--json`, too. */
  jsonText(text: string): void {
    this.clearProgress();
    this.options.stdout.write(text);
  }

  /** Something a person should know that is not the result. */
  note(text: string): void {
    this.clearProgress();
    this.options.stderr.write(`${this.options.stderr.isTTY ? text : stripVTControlCharacters(text)}\n`);
  }

  /** What goes on now; written over by the next one. Nothing in a pipe. */
  progress(text: string): void {
    if (this.options.json || this.options.stderr.isTTY !== true) return;
    const width = (this.options.stderr.columns ?? 80) - 1;
    this.options.stderr.write(`\r\u001b[K${stripVTControlCharacters(text).slice(0, width)}`);
    this.progressing = true;
  }

  /** The one document. */
  document(value: unknown): void {
    this.clearProgress();
    this.options.stdout.write(`${JSON.stringify(value)}\n`);
  }

  paint(style: Style, text: string): string {
    if (!this.colours || text === '') return text;
    return `\u001b[${STYLES[style]}m${text}\u001b[0m`;
  }

  clearProgress(): void {
    if (!this.progressing) return;
    this.options.stderr.write('\r\u001b[K');
    this.progressing = false;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text of others (titles of commits, reasons, logs) without anything that would command a terminal. */
export function harmless(text: string): string {
  return stripVTControlCharacters(text).replace(CONTROL, '');
}
