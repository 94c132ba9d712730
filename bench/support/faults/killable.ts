import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export interface KillableProgram {
  name: string;
  command: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  folder: string;
  /** What it writes is added here. */
  logFile: string;
  /** Whether it does its work now. */
  isReady(): Promise<boolean>;
}

const READY_MS = 60_000;
const LOOK_MS = 20;

/** One program that is killed by its process id, and started again, as often as somebody likes. */
export class Killable {
  private child: ChildProcess | undefined;
  private ended: Promise<unknown> = Promise.resolve();
  /** It went without having been told to: how it ended. */
  readonly deaths: string[] = [];
  kills = 0;

  constructor(private readonly program: KillableProgram) {}

  get name(): string {
    return this.program.name;
  }

  /** @throws Error when it does not run */
  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    return pid;
  }

  /** Starts it, and waits until it is ready. @throws Error with its last words when it ends instead */
  async start(): Promise<void> {
    this.launch();
    const { child } = this;
    const deadline = Date.now() + READY_MS;
    while (!(await this.program.isReady())) {
      if (this.deaths.length > 0) throw new Error(this.deaths.join('; '));
      // Whoever killed it meanwhile starts it again.
      if (this.child !== child) return;
      if (Date.now() > deadline) throw new Error(`${this.name} was not ready in time: ${this.lastWords()}`);
      await pause(LOOK_MS);
    }
  }

  private launch(): void {
    const { command, args, environment, folder, logFile } = this.program;
    const output = openSync(logFile, 'a');
    const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', output, output] });
    this.child = child;
    this.ended = once(child, 'exit').then(([code, signal]) => {
      if (this.child !== child) return;
      this.child = undefined;
      this.deaths.push(`${this.name} ended by itself with ${signal ?? code}: ${this.lastWords()}`);
    });
    child.once('error', (error) => this.deaths.push(`${this.name} could not be started: ${error.message}`));
  }

  /** `kill -9`. When this resolves it is gone. @returns when it was killed, ms since 1970 */
  async kill(): Promise<number> {
    this.kills += 1;
    return this.end('SIGKILL');
  }

  /** Asks it to stop, and waits until it has. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number> {
    const { child, ended } = this;
    this.child = undefined;
    const at = Date.now();
    child?.kill(signal);
    // One that was paused would only end when somebody wakes it.
    child?.kill('SIGCONT');
    await ended;
    return at;
  }

  /** Whether it has ended by itself; waits a moment for it. */
  async isGone(withinMs: number): Promise<boolean> {
    await Promise.race([this.ended, pause(withinMs)]);
    return !this.runs;
  }

  /** SIGSTOP: it does nothing any more, and does not know. */
  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  wake(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  get runs(): boolean {
    return this.child !== undefined;
  }

  private lastWords(): string {
    return readFileSync(this.program.logFile, 'utf8').trim().split('\n').slice(-3).join(' | ');
  }
}
