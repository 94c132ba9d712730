import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../cli/processes/ports';

const HOST = '127.0.0.1';
const START_MS = 20_000;
/** Its input is ours: when this process ends in whatever way, so does the server. */
const ENDS_WITH_US = '"$@" </dev/null & server=$!; cat >/dev/null; kill -QUIT $server 2>/dev/null; wait $server';

/** A PostgreSQL of a bench's or a suite's own, in a folder that goes with it. */
export interface ThrowawayPostgres {
  urlOf(database: string): string;
  start(): Promise<void>;
  /** As if the machine had lost it: no transaction ends, nothing is written out, the next start recovers. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** Where the server's programs lie; undefined where PostgreSQL is not installed. */
export function postgresPrograms(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(debian, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}

/**
 * Starts a server with its own settings, `fsync` and all, but for where it listens. PostgreSQL refuses to be root, so
 * root runs it as Debian's user `postgres`.
 * @param parent folder that this user may enter
 * @param settings more of them: `['max_connections=8']`
 */
export async function startPostgres(parent: string, settings: readonly string[] = []): Promise<ThrowawayPostgres> {
  const programs = postgresPrograms();
  if (programs === undefined) throw new Error('PostgreSQL is not installed: ./gantry test brings it');
  const folder = mkdtempSync(join(parent, 'gantry-postgres-'));
  const user = process.getuid?.() === 0 ? debianUser() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, 'data');
  const init = ['--pgdata', data, '--username=gantry', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  execFileSync(join(programs, 'initdb'), init, { ...user, cwd: folder, stdio: 'pipe' });
  const port = await freePort(HOST);
  const words = [`listen_addresses=${HOST}`, `port=${port}`, `unix_socket_directories=${folder}`, ...settings];
  const server = [join(programs, 'postgres'), '-D', data, ...words.flatMap((word) => ['-c', word])];
  const urlOf = (database: string) => `postgres://gantry:secret@${HOST}:${port}/${database}`;
  let running: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const child = spawn('sh', ['-c', ENDS_WITH_US, 'sh', ...server], { ...user, cwd: folder, stdio: 'pipe' });
    running = child;
    let said = '';
    child.stderr.on('data', (bytes: Buffer) => {
      said = `${said}${bytes.toString()}`.slice(-2_000);
    });
    for (const until = Date.now() + START_MS; !(await answers(urlOf('postgres'))); await wait(20)) {
      if (Date.now() > until) throw new Error(`PostgreSQL did not start: ${said}`);
    }
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (running === undefined) return;
    const ended = once(running, 'exit');
    process.kill(Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]), signal);
    running.stdin?.end();
    running = undefined;
    await ended;
  };
  await start();
  return {
    urlOf,
    start,
    // Its "immediate" end: SIGKILL would leave its children at work for a moment, and one of them may still commit.
    kill: () => end('SIGQUIT'),
    remove: async () => {
      await end('SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** One statement, or several, on a connection of their own. */
export async function askPostgres(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined); // the query tells it
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function answers(url: string): Promise<boolean> {
  return askPostgres(url, 'select 1').then(
    () => true,
    () => false,
  );
}

function debianUser(): { uid: number; gid: number } {
  const id = (what: string) => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
