import { spawn } from 'node:child_process';
import { join, relative } from 'node:path';
import { type CliSettings, checkoutFolder } from '../../settings';
import { failure } from '../errors';
import type { Program } from './child';

/** Where the mains lie in the program's folder: compiled in `dist`, or the sources themselves. */
const BUILT = relative(checkoutFolder(), join(__dirname, '..', '..'));

/**
 * Node lets the space for young objects grow to 3 × 16 MB in each process and hardly ever gives it back. With this they
 * rest with some 30 MB less. A runner makes many objects at once when a hundred runs begin together: with half as much,
 * collecting them takes a tenth of its time then.
 */
const NURSERY_MB = { web: 4, runners: 8 } as const;

/** A main of Gantry as a program to start: of this very program, or of the copy whose root the settings name. */
export function mainProgram(
  settings: CliSettings,
  name: 'web' | 'runners' | 'cli',
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Program {
  return {
    command: process.execPath,
    args: [
      ...process.execArgv,
      ...(name === 'cli' ? [] : [`--max-semi-space-size=${NURSERY_MB[name]}`]),
      join(settings.root, BUILT, name, `main${EXTENSION}`),
      ...args,
    ],
    environment: { ...settings.environment, GANTRY_HOME: settings.home, ...environment },
    folder: settings.root,
  };
}

/** `.js`, or `.ts` where the sources themselves run. */
const EXTENSION = __filename.slice(-3);

export interface Answered {
  status: number;
  stdout: string;
  stderr: string;
}

/** A sub-command may print this much. */
const OUTPUT_MAX = 16 * 1024 * 1024;

/** Runs a main's sub-command to its end. `onLine` gets each line of its stdout as it comes. */
export async function runMain(program: Program, onLine: (line: string) => void, limitMs: number): Promise<Answered> {
  const child = spawn(program.command, program.args, {
    cwd: program.folder,
    env: program.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
  });
  const output = { stdout: '', stderr: '' };
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    if (output.stdout.length < OUTPUT_MAX) output.stdout += piece;
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    if (output.stderr.length < OUTPUT_MAX) output.stderr += piece;
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) =>
      reject(failure('no-start', `${program.command} could not be started: ${error.message}`)),
    );
    child.once('close', (code) => {
      if (rest !== '') onLine(rest);
      resolve({ status: code ?? 1, ...output });
    });
  });
}
