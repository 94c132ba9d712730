import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const HOLDER = `
const database = new (require('better-sqlite3'))(process.argv[1]);
database.exec('begin immediate');
process.stdout.write('held');
setInterval(() => {}, 1000);
`;

/** Another process that holds the write lock of a database file until it ends. */
export async function holdLock(file: string): Promise<ChildProcess> {
  const holder = spawn(process.execPath, ['-e', HOLDER, file], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(holder.stdout as NodeJS.ReadableStream, 'data');
  return holder;
}

/** Kills it, when it still runs. */
export async function endHolder(holder: ChildProcess | undefined): Promise<void> {
  if (holder?.exitCode !== null || holder.signalCode !== null) return;
  const ended = once(holder, 'exit');
  holder.kill('SIGKILL');
  await ended;
}
