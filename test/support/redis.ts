import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { Context } from 'mocha';
import { redisAnswers } from '../../cli/processes/redis';
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

/** Settings with which nothing that was acknowledged is lost by a kill. */
export const APPEND_ONLY = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** Starts one; without settings it keeps nothing. Skips the suite where there is no redis-server. */
export async function testRedis(context: Context, settings: readonly string[] = []): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-redis-'));
  const port = await freePort();
  let running: ChildProcess | undefined;
  const start = async (changed = settings): Promise<void> => {
    const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
    const own = [...place, '--requirepass', 'secret', '--save', '', '--maxmemory-policy', 'noeviction'];
    running = spawn('redis-server', [...own, ...changed], { stdio: 'ignore' });
    const failed = once(running, 'error').then(() => true);
    while (!(await redisAnswers({ port, password: 'secret', url: '' }))) {
      if (await Promise.race([failed, new Promise((resolve) => setTimeout(() => resolve(false), 20))])) {
        skipBecause(context, 'needs redis-server: ./gantry test brings it');
      }
    }
  };
  const kill = async (): Promise<void> => {
    if (running === undefined || running.exitCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
    running = undefined;
  };
  const url = `redis://:secret@127.0.0.1:${port}`;
  await start();
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
