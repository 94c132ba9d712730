import { type ChildProcess, spawn } from 'node:child_process';
import { codeOf } from '../errors';
import type { Program } from '../processes/child';

/** How a program ended, and what it said. */
export interface Ended {
  /** The command, as a person would type it. */
  command: string;
  status: number;
  stdout: string;
  stderr: string;
  /** How long it took. */
  ms: number;
}

/** A program may say this much; what is more is not kept. */
const OUTPUT_MAX = 8 * 1024 * 1024;

/**
 * Runs a program to its end: an argument list, never a shell. It has a process group of its own, so that Ctrl-C reaches
 * the demo alone, which then ends it.
 *
 * @param stop ends the program and all that it started
 * @param told what it reads on its standard input; without it there is none
 */
export function runProgram(program: Program, shown: string, stop: AbortSignal, told?: string): Promise<Ended> {
  const began = Date.now();
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason);
    const child = spawn(program.command, program.args, {
      cwd: program.folder,
      env: program.environment,
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A program may end before it has read all: how it ended says more than the broken pipe.
    child.stdin.on('error', () => undefined).end(told ?? '');
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (piece: string) => {
        if (said[name].length < OUTPUT_MAX) said[name] += piece;
      });
    }
    const end = (): void => endGroup(child);
    stop.addEventListener('abort', end, { once: true });
    child.once('error', (error) => {
      stop.removeEventListener('abort', end);
      reject(new Error(`${program.command} could not be started: ${error.message}`, { cause: error }));
    });
    child.once('close', (code) => {
      stop.removeEventListener('abort', end);
      if (stop.aborted) reject(stop.reason);
      else resolve({ command: shown, status: code ?? 1, ...said, ms: Date.now() - began });
    });
    return undefined;
  });
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/** A program that had to succeed and did not. */
export function unexpectedEnd(ended: Ended): Error {
  const words = `${ended.stderr}\n${ended.stdout}`.trim().split('\n').slice(-8).join('\n  ');
  return new Error(`"${ended.command}" ended with status ${ended.status}:\n  ${words}`);
}
