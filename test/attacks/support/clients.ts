import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Context } from 'mocha';
import { skipBecause } from '../../support/skips';

/** Programs that attackers use. Nothing else is known of them here than how they are started. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

const LIMIT_MS = 120_000;
const OUTPUT_MAX = 16 * 1_048_576;

/** Runs a program to its end, without a shell, without a proxy. @throws Error when it cannot be started */
export function run(program: string, args: readonly string[], input?: Buffer): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', LC_ALL: 'C.UTF-8', NO_PROXY: '127.0.0.1' };
    const marked = { ...env, GANTRY_TEST_RUN: process.env.GANTRY_TEST_RUN };
    const options = { env: marked, timeout: LIMIT_MS, maxBuffer: OUTPUT_MAX };
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, stdout, stderr });
      else reject(new Error(`${program} did not come to its end: ${error?.message}`));
    });
    child.stdin?.on('error', () => undefined).end(input);
  });
}

/** What curl was answered. */
export interface Answered {
  status: number;
  body: string;
}

/** Real curl; `--path-as-is`, so that nothing of an address is mended. */
export async function curl(url: string, args: readonly string[] = [], body?: Buffer): Promise<Answered> {
  const data = body === undefined ? [] : ['--data-binary', '@-'];
  const words = [
    '--silent',
    '--path-as-is',
    '--max-time',
    '20',
    '--write-out',
    '\n%{http_code}',
    ...args,
    ...data,
    url,
  ];
  const { stdout } = await run('curl', words, body);
  const at = stdout.lastIndexOf('\n');
  return { status: Number(stdout.slice(at + 1)), body: stdout.slice(0, at) };
}

/** Header options for curl. */
export const headerArgs = (headers: Readonly<Record<string, string>>): string[] =>
  Object.entries(headers).flatMap(([name, value]) => ['--header', value === '' ? `${name};` : `${name}: ${value}`]);

/** Skips the test where this program is not installed; `./gantry test` brings it on Debian and Ubuntu. */
export function requireProgram(context: Context, program: string): void {
  if (!isInstalled(program)) skipBecause(context, `needs ${program}: apt-get install ${program}`);
}

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
