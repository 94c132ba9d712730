import { type ChildProcess, spawn } from 'node:child_process';
import type { Cleanup } from './cleanup';

/** Whatever tells of a step that ended: `remote:   step-7   ok   0.4 s`. */
const STEP_LINE = /^(?:remote:)?\s+(\S+)\s+ok\s/;

/** A program that tells of a run line by line, and when it told of each step. */
export class Terminal {
  /** By name of the step, ms since 1970. */
  readonly seen = new Map<string, number>();
  private written = '';

  private constructor(private readonly child: ChildProcess) {}

  static start(
    command: string,
    args: readonly string[],
    options: { folder: string; environment: NodeJS.ProcessEnv; cleanup: Cleanup },
  ): Terminal {
    const { folder, environment, cleanup } = options;
    const child = spawn(command, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    cleanup.later(() => void child.kill('SIGKILL'));
    const terminal = new Terminal(child);
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const at = Date.now();
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) terminal.read(line, at);
      });
    }
    return terminal;
  }

  get hasWritten(): boolean {
    return this.written !== '';
  }

  /** @throws Error with its last words when it does not end with 0 */
  async untilEnded(): Promise<void> {
    const code =
      this.child.exitCode ?? (await new Promise<number | null>((resolve) => this.child.once('exit', resolve)));
    if (code !== 0) throw new Error(`a follower ended with ${code}: ${this.written.slice(-400)}`);
  }

  private read(line: string, at: number): void {
    this.written = `${this.written}${line}\n`.slice(-4_000);
    const name = STEP_LINE.exec(line)?.[1];
    if (name !== undefined && !this.seen.has(name)) this.seen.set(name, at);
  }
}
