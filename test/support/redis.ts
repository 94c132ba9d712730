import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { redisAnswers } from '../../cli/processes/redis';
import { skipBecause } from './skips';

/** A Redis of a test's own, which can be killed and started again at the same address. */
export interface TestRedis {
  url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts one that keeps nothing. Skips the suite where there is no redis-server. */
export async function testRedis(context: Context): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-redis-'));
  const port = await freePort();
  let running: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = ['--bind', '127.0.0.1', '--port', String(port), '--requirepass', 'secret', '--save', ''];
    running = spawn('redis-server', [...settings, '--dir', folder], { stdio: 'ignore' });
    const failed = once(running, 'error').then(() => true);
    const own = { port, password: 'secret', url: '' };
    while (!(await redisAnswers(own))) {
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
  await start();
  return {
    url: `redis://:secret@127.0.0.1:${port}`,
    start,
    kill,
    remove: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
