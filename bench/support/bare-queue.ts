import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { Workshop } from './bench';

const QUEUE = 'bare';
/** Steps that Gantry carries out at once, and jobs that the bare worker does. */
export const AT_ONCE = 10;

export interface BareQueue {
  /** Adds `count` no-op jobs, then lets one worker do them. @returns jobs per second of the worker */
  drain(count: number): Promise<number>;
}

/**
 * What `steps` compares with: no-op jobs of BullMQ on a Redis of its own that writes each command to disk before it
 * answers, as SQL does for Gantry's steps.
 */
export async function startBareQueue({ folder, settings, cleanup }: Workshop): Promise<BareQueue> {
  const port = await freePort();
  const home = join(folder, 'bare-redis');
  mkdirSync(home, { recursive: true });
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--maxmemory-policy', 'noeviction'];
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', home, '--loglevel', 'warning'];
  const server = spawn('redis-server', [...place, ...durable], { env: settings.environment, stdio: 'ignore' });
  cleanup.later(() => void server.kill('SIGKILL'));
  const connection = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: null, retryStrategy: () => 50 });
  // Refused until the server listens; `ping` below waits for that.
  connection.on('error', () => undefined);
  cleanup.later(() => connection.disconnect());
  await connection.ping();
  return { drain: (count) => drain(connection as unknown as ConnectionOptions, count) };
}

async function drain(connection: ConnectionOptions, count: number): Promise<number> {
  const queue = new Queue(QUEUE, { connection });
  const options = { removeOnComplete: true };
  await queue.addBulk(Array.from({ length: count }, (_, i) => ({ name: 'nothing', data: { i }, opts: options })));
  let done = 0;
  let began = 0;
  const worker = new Worker(
    QUEUE,
    async () => {
      began ||= performance.now();
    },
    { connection, concurrency: AT_ONCE, autorun: false },
  );
  const ended = new Promise<number>((resolve, reject) => {
    worker.on('completed', () => {
      done += 1;
      if (done === count) resolve(performance.now());
    });
    worker.on('failed', (_job, error) => reject(error));
    worker.on('error', reject);
  });
  void worker.run();
  const seconds = ((await ended) - began) / 1000;
  await worker.close();
  await queue.close();
  return count / seconds;
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
