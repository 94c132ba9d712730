import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { identify, type ProcessIdentity } from './identity';
import type { LogFile } from './log-file';

/** What to start: an argument list, never a shell. */
export interface Program {
  command: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  folder: string;
}

export interface ChildOptions {
  /** As people know it: `web`. */
  name: string;
  program: Program;
  log: LogFile;
  /** Each line that it writes. @returns the line as the log may have it: secrets are not for logs. */
  onLine(line: string): string;
  /** It ended though nobody had asked it to. */
  onLost(how: string): void;
  /** It runs again after it was lost. */
  onStart(identity: ProcessIdentity): void;
}

/** Pauses before a lost child is started again, ms. After a minute of life the first one counts again. */
const BACK_OFF_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];
const STEADY_MS = 60_000;
const LAST_LINES = 20;
/** A longer line is cut: one line must not fill the memory. */
const LINE_MAX = 16 * 1024;

/**
 * One process that should run. It has a session of its own, so that Ctrl-C in a terminal reaches only the supervisor,
 * which then ends its children in the right order.
 */
export class Child {
  readonly lastLines: string[] = [];
  private process: ChildProcess | undefined;
  private identity: ProcessIdentity | undefined;
  private wanted = false;
  private losses = 0;
  private startedAt = 0;
  private again: NodeJS.Timeout | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: ChildOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Undefined while it does not run. */
  get running(): ProcessIdentity | undefined {
    return this.identity;
  }

  /** Is it kept running (perhaps between two lives)? */
  get kept(): boolean {
    return this.wanted;
  }

  start(): void {
    this.wanted = true;
    const { command, args, environment, folder } = this.options.program;
    const child = spawn(command, args, {
      cwd: folder,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    this.startedAt = Date.now();
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => this.end(`could not be started: ${error.message}`, resolve));
      child.once('close', (code, signal) => this.end(signal === null ? `exit status ${code}` : signal, resolve));
    });
    this.read(child.stdout);
    this.read(child.stderr);
    this.identity = child.pid === undefined ? undefined : identify(child.pid);
    if (this.identity !== undefined) this.options.onStart(this.identity);
  }

  /** Asks it to end, makes it end after `graceMs`, and does not start it again. Safe to repeat. */
  async stop(graceMs: number): Promise<'ended' | 'killed' | 'was not running'> {
    this.wanted = false;
    clearTimeout(this.again);
    const child = this.process;
    if (child === undefined) return 'was not running';
    child.kill('SIGTERM');
    let killed = false;
    const timer = setTimeout(() => {
      killed = child.kill('SIGKILL');
    }, graceMs);
    await this.ended;
    clearTimeout(timer);
    return killed ? 'killed' : 'ended';
  }

  /** At once, without asking. */
  kill(): void {
    this.wanted = false;
    clearTimeout(this.again);
    this.process?.kill('SIGKILL');
  }

  private end(how: string, resolve: () => void): void {
    if (this.process === undefined) return;
    this.process = undefined;
    this.identity = undefined;
    resolve();
    if (!this.wanted) return;
    if (Date.now() - this.startedAt > STEADY_MS) this.losses = 0;
    const pause = BACK_OFF_MS[Math.min(this.losses, BACK_OFF_MS.length - 1)] ?? 0;
    this.losses += 1;
    this.again = setTimeout(() => this.start(), pause);
    this.options.onLost(`${how}; it is started again in ${pause / 1000} s`);
  }

  private read(stream: Readable): void {
    let rest = '';
    stream.setEncoding('utf8');
    stream.on('data', (piece: string) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > LINE_MAX) lines.push(rest.slice(0, LINE_MAX));
      if (rest.length > LINE_MAX) rest = '';
      for (const line of lines) this.line(line);
    });
    stream.on('end', () => {
      if (rest !== '') this.line(rest);
    });
  }

  private line(text: string): void {
    const kept = this.options.onLine(text.slice(0, LINE_MAX));
    this.options.log.add(kept);
    this.lastLines.push(kept);
    if (this.lastLines.length > LAST_LINES) this.lastLines.shift();
  }
}
