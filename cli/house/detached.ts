import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Context, Outcome } from '../command';
import { readyDocument, readyLines } from '../commands/ready';
import { CommandError, type ExitCode, failure } from '../errors';
import { makeFolder, PRIVATE_FILE } from '../processes/files';
import { mainProgram } from '../processes/mains';
import type { ParentMessage } from './parent-line';
import type { HouseReady } from './supervisor';

/** Starts `up` as a background process, and returns when it is ready. It outlives this one; its words go to `log/up.log`. */
export async function startDetached(
  { settings, out }: Pick<Context, 'settings' | 'out'>,
  args: readonly string[],
): Promise<Outcome> {
  const folder = join(settings.home, 'log');
  makeFolder(folder);
  const log = openSync(join(folder, 'up.err'), 'w', PRIVATE_FILE);
  const program = mainProgram(settings, 'cli', ['up', ...args]);
  const child = spawn(program.command, program.args, {
    cwd: program.folder,
    env: program.environment,
    detached: true,
    stdio: ['ignore', 'ignore', log, 'ipc'],
  });
  closeSync(log);
  const stop = (): void => void child.kill('SIGTERM');
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const ready = await untilReady(child, (line) => (out.json ? undefined : out.line(line)), join(folder, 'up.err'));
    const lines = readyLines(out, settings, ready, './gantry down');
    return { json: { ...readyDocument(settings, ready), pid: child.pid }, text: lines.join('\n') };
  } finally {
    process.removeListener('SIGINT', stop);
    process.removeListener('SIGTERM', stop);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

function untilReady(child: ChildProcess, say: (line: string) => void, log: string): Promise<HouseReady> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: ParentMessage) => {
      if (message.type === 'line') say(message.text);
      if (message.type === 'ready') resolve(message.ready);
      if (message.type === 'failed') {
        const { exit, code, message: text, next } = message.error;
        reject(new CommandError(exit as ExitCode, code, text, next));
      }
    });
    child.once('error', (error) =>
      reject(failure('no-start', `the background process did not start: ${error.message}`)),
    );
    child.once('close', (code, signal) =>
      reject(
        failure(
          'start-failed',
          `Gantry ended while it started (${signal ?? `exit status ${code}`})`,
          `its log: ${log}`,
        ),
      ),
    );
  });
}
