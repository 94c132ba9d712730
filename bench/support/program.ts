import { spawn } from 'node:child_process';

/** More than any program here writes. */
const OUTPUT_MAX = 4 * 1024 * 1024;

/**
 * Runs a program to its end and gives what it wrote to standard output.
 *
 * @throws Error with the program's last words when it does not end with 0, or not within `limitMs`
 */
export function runProgram(
  command: string,
  args: readonly string[],
  options: { folder: string; environment: NodeJS.ProcessEnv; limitMs: number },
): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.folder,
    env: options.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.limitMs,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < OUTPUT_MAX) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-OUTPUT_MAX);
  });
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const words = (stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n  ');
      reject(new Error(`${command} ${args.slice(0, 3).join(' ')} ended with ${signal ?? code}: ${words}`));
    });
  });
}
