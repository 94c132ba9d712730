import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { EXTENSION } from './fleet';
import type { FleetPlace } from './place';

/** Lock of 30 s and a look every 30 s, twice: it has never taken longer. */
const LIMIT_MS = 150_000;

/**
 * One reading of what Gantry is compared with: two bare BullMQ workers with default settings on one Redis; the one that
 * has the job is killed. @returns ms until the other begins the job
 */
export async function bareTakeover({ environment, later }: FleetPlace, url: string, name: string): Promise<number> {
  const workers = [0, 1].map(() =>
    fork(`${join(__dirname, 'bare-worker')}${EXTENSION}`, [url, name], { env: environment }),
  );
  for (const worker of workers) later(() => void worker.kill('SIGKILL'));
  const queue = new Queue(name, { connection: { url } });
  later(() => queue.close());
  queue.on('error', () => undefined); // its Redis goes before it does
  const first = Promise.race(workers.map(begins));
  await queue.add('long', {});
  const { worker } = await first;
  const other = workers.find((one) => one !== worker) as ChildProcess;
  const again = begins(other);
  const killed = Date.now();
  worker.kill('SIGKILL');
  const { at } = await Promise.race([again, tooLate()]);
  return at - killed;
}

async function begins(worker: ChildProcess): Promise<{ worker: ChildProcess; at: number }> {
  const [{ began }] = (await once(worker, 'message')) as [{ began: number }];
  return { worker, at: began };
}

function tooLate(): Promise<never> {
  return new Promise((_resolve, reject) => {
    setTimeout(
      () => reject(new Error(`a bare worker did not take the job over in ${LIMIT_MS / 1000} s`)),
      LIMIT_MS,
    ).unref();
  });
}
