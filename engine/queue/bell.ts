import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { messageOf } from '../model/errors';
import type { Logger } from '../ports/logger';
import { type Bell, type Hint, hintId, hintOf } from '../ports/queue';
import { connect, HANGING_MS } from './connection';
import { mergedRings } from './merged-rings';
import { feelPulse } from './pulse';

const QUEUE = 'gantry-steps';
/** A ring that Redis does not take in this time is given up: runners look into SQL anyway. */
const RING_LIMIT_MS = 500;
/** What reads or mends the whole queue is given up after so long, ms. */
const MEND_LIMIT_MS = 5_000;
/** Hints that are added, or looked at, at once. */
const PORTION = 1_000;
const HELD_MAX = 50_000;
/** Hints that one runner holds while it has no free place; the others stay for runners that have one. */
const LISTENERS = 8;
/** Everywhere that somebody may have put something. */
const EVERYWHERE = ['wait', 'active', 'delayed', 'prioritized', 'failed', 'waiting-children'] as const;
const JOB = { removeOnComplete: true, removeOnFail: true, attempts: 1 };

type Heard = Parameters<Bell['listen']>[0];

/**
 * The bell on BullMQ. Commands fail at once while Redis is away (no offline queue), and after `HANGING_MS` when it hangs,
 * so that an accepted push never waits for it and nothing piles up.
 */
export function connectBell(redisUrl: string, log: Logger): Bell {
  const producer = connect(redisUrl, log, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 1,
    socketTimeout: HANGING_MS,
  });
  const queue = new Queue<Hint>(QUEUE, {
    connection: producer as unknown as ConnectionOptions,
    skipVersionCheck: true,
  });
  queue.on('error', () => undefined); // said once by the connection below
  const pulse = feelPulse(producer, redisUrl, log);
  const listeners: { worker: Worker<Hint>; connection: Redis }[] = [];
  const up = () => producer.status === 'ready';
  /** Undefined when it is down, or was lost or refused meanwhile. */
  const asked = async <T>(limitMs: number, ask: () => Promise<T>): Promise<T | undefined> => {
    if (!up()) return undefined;
    try {
      return await within(limitMs, ask());
    } catch (error) {
      pulse.refused(error);
      return undefined;
    }
  };
  const rings = mergedRings(async (hint) => {
    const options = { ...JOB, jobId: hintId(hint) };
    // A lost ring loses no work: the runner's own look into SQL finds the step within 250 ms.
    return (await asked(RING_LIMIT_MS, () => queue.add('ring', hint, options))) !== undefined;
  });
  return {
    ring: rings.ring,
    listen: async (heard) => {
      const connection = connect(redisUrl, log, { maxRetriesPerRequest: null });
      listeners.push({ connection, worker: listen(connection, log, heard) });
    },
    state: () => (up() ? 'up' : 'down'),
    trouble: () => (up() ? pulse.trouble() : undefined),
    waiting: async () => (await asked(RING_LIMIT_MS, () => queue.getJobCountByTypes('wait', 'active'))) ?? 0,
    held: () => asked(MEND_LIMIT_MS, async () => new Set(await queue.getRanges([...EVERYWHERE], 0, HELD_MAX))),
    mend: async ({ missing, stale }) => {
      await asked(MEND_LIMIT_MS, () => mend(queue, missing, stale));
    },
    close: async () => {
      rings.stop();
      pulse.stop();
      await Promise.all(listeners.map(({ worker }) => worker.close(true)));
      for (const { connection } of listeners) connection.disconnect();
      await queue.close();
      producer.disconnect();
    },
  };
}

/** A bell that nobody hears: runners find their work in SQL. For tests, and where Redis is not wanted. */
export function silentBell(): Bell {
  return {
    ring: async () => false,
    listen: async () => undefined,
    state: () => 'down',
    trouble: () => undefined,
    waiting: async () => 0,
    held: async () => undefined,
    mend: async () => undefined,
    close: async () => undefined,
  };
}

/** @throws Error when it takes longer; what was asked may still happen */
async function within<T>(limitMs: number, asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${limitMs} ms`)), limitMs);
  });
  asked.catch(() => undefined); // after the time-out nobody waits for it any more
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function mend(queue: Queue<Hint>, missing: readonly Hint[], stale: readonly string[]): Promise<void> {
  for (const portion of portionsOf(stale)) await Promise.all(portion.map((id) => queue.remove(id)));
  for (const portion of portionsOf(missing)) {
    await queue.addBulk(portion.map((hint) => ({ name: 'ring', data: hint, opts: { ...JOB, jobId: hintId(hint) } })));
  }
}

function portionsOf<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / PORTION);
  return Array.from({ length: count }, (_, i) => all.slice(i * PORTION, (i + 1) * PORTION));
}

function listen(connection: Redis, log: Logger, heard: Heard): Worker<Hint> {
  const worker = new Worker<Hint>(QUEUE, (job) => heard(hintOf(job.id ?? '')), {
    connection: connection as unknown as ConnectionOptions,
    concurrency: LISTENERS,
    lockDuration: 5_000,
    stalledInterval: 2_000,
    runRetryDelay: 1_000,
    // One that is held by a busy process may look stalled; one that no process can read is given up.
    maxStalledCount: 10,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
    skipVersionCheck: true,
  });
  // A lost connection is said by the connection itself, once.
  worker.on('error', (error) => {
    if (connection.status === 'ready') log.warn({ error: messageOf(error).slice(0, 200) }, 'a hint could not be read');
  });
  return worker;
}
