import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { Context } from 'mocha';
import { freePort } from '../../cli/processes/ports';
import { redisAnswers, redisUrl } from '../../cli/processes/redis';
import { skipBecause } from './skips';

/** A Redis of a test's own, which can be killed and started again at the same address. */
export interface TestRedis {
  url: string;
  port: number;
  /** @param settings of redis-server, instead of those that it was made with */
  start(settings?: readonly string[]): Promise<void>;
  kill(): Promise<void>;
  /** One command. */
  ask(command: string, ...words: string[]): Promise<unknown>;
  /** While it is down: everything that it has written is gone. */
  empty(): Promise<void>;
  /** While it is down: the last commands that it has written are gone. */
  forgetLast(commands: number): Promise<void>;
  remove(): Promise<void>;
}

const HOST = '127.0.0.1';
/**
 * One for all of this process, since a test puts one Redis in the place of another. No other process' Redis answers to it.
 * Letters only: a test changes the port in an address.
 */
const PASSWORD = String.fromCharCode(...randomBytes(12).map((byte) => 97 + (byte % 26)));
/** Ports that are tried: a free one may be taken before Redis has it. */
const PORTS_MAX = 5;

/** Settings with which nothing that was acknowledged is lost by a kill. */
export const APPEND_ONLY = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Starts one; without settings it keeps nothing. Skips the suite where there is no redis-server. */
export async function testRedis(context: Context, settings: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-redis-'));
  let port = 0;
  let running: ChildProcess | undefined;
  /** False when it ended instead of answering. */
  const launch = async (changed: readonly string[]): Promise<boolean> => {
    const place = ['--bind', HOST, '--port', String(port), '--dir', folder];
    const own = [...place, '--requirepass', PASSWORD, '--save', '', '--maxmemory-policy', 'noeviction'];
    running = spawn('redis-server', [...own, ...changed], { stdio: 'ignore' });
    const ended = once(running, 'exit').then(
      () => 'ended' as const,
      () => 'missing' as const,
    );
    while (!(await redisAnswers({ port, password: PASSWORD, url: '' }))) {
      const end = await Promise.race([ended, pause(20)]);
      if (end === 'missing') skipBecause(context, 'needs redis-server: ./gantry test brings it');
      if (end === 'ended') return false;
    }
    return true;
  };
  const start = async (changed = settings): Promise<void> => {
    if (!(await launch(changed))) throw new Error(`redis-server ended at once; is port ${port} taken?`);
  };
  const kill = async (): Promise<void> => {
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
    running = undefined;
  };
  for (let tries = 1; port === 0 || !(await launch(settings)); tries++) {
    if (tries > PORTS_MAX) throw new Error(`redis-server ended at once on each of ${PORTS_MAX} ports`);
    port = await freePort(HOST);
  }
  const url = redisUrl(port, PASSWORD);
  return {
    url,
    port,
    start,
    kill,
    ask: (command, ...words) => ask(url, command, words),
    empty: async () => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
    },
    forgetLast: (commands) => cutTail(join(folder, 'appendonlydir'), commands),
    remove: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function ask(url: string, command: string, words: readonly string[]): Promise<unknown> {
  const client = new Redis(url);
  try {
    return await client.call(command, ...words);
  } finally {
    client.disconnect();
  }
}

/** Cuts an append-only file between two commands. Each is `*COUNT` and COUNT times `$LENGTH` with as many bytes. */
async function cutTail(folder: string, commands: number): Promise<void> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.incr.aof')) ?? '';
  const bytes = await readFile(join(folder, name));
  const begins: number[] = [];
  const line = (at: number) => {
    const end = bytes.indexOf('\r\n', at);
    return { count: Number(bytes.toString('latin1', at + 1, end)), next: end + 2 };
  };
  for (let at = 0; at < bytes.length; ) {
    begins.push(at);
    const head = line(at);
    at = head.next;
    for (let i = 0; i < head.count; i++) {
      const word = line(at);
      at = word.next + word.count + 2;
    }
  }
  await writeFile(join(folder, name), bytes.subarray(0, begins[Math.max(0, begins.length - commands)]));
}
