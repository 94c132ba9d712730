import { type ConnectionOptions, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { messageOf } from '../model/errors';
import type { Logger } from '../ports/logger';
import type { Bell, Hint } from '../ports/queue';

const QUEUE = 'gantry-steps';
/** A ring that Redis does not take in this time is given up: runners look into SQL anyway. */
const RING_LIMIT_MS = 500;
/** Rings within this time are one, ms: whoever hears it looks for all the work that there is. */
const MERGE_MS = 50;
/** Rings handled at once; each only wakes the runner, so this is no limit of work. */
const LISTENERS = 32;

/**
 * The bell on BullMQ. Commands fail at once while Redis is away (no offline queue), so that an accepted push never
 * waits for it.
 */
export function connectBell(redisUrl: string, log: Logger): Bell {
  const producer = connect(redisUrl, log, { enableOfflineQueue: false, maxRetriesPerRequest: 1 });
  const queue = new Queue<Hint>(QUEUE, {
    connection: producer as unknown as ConnectionOptions,
    skipVersionCheck: true,
  });
  queue.on('error', () => undefined); // said once by the connection below
  const listeners: { worker: Worker<Hint>; connection: Redis }[] = [];
  const rings = mergedRings((hint) => ring(queue, producer, hint));
  return {
    ring: rings.ring,
    listen: async (heard) => {
      const connection = connect(redisUrl, log, { maxRetriesPerRequest: null });
      listeners.push({ connection, worker: listen(connection, heard) });
    },
    state: () => (producer.status === 'ready' ? 'up' : 'down'),
    waiting: async () => (producer.status === 'ready' ? queue.getWaitingCount() : 0),
    close: async () => {
      rings.stop();
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
    waiting: async () => 0,
    close: async () => undefined,
  };
}

/** The first ring goes out at once; those that follow it closely wait for one that stands for all of them. */
export function mergedRings(send: Bell['ring']): { ring: Bell['ring']; stop(): void } {
  let quietUntil = 0;
  let waiting: NodeJS.Timeout | undefined;
  const sendNow = (hint: Hint): Promise<boolean> => {
    waiting = undefined;
    quietUntil = performance.now() + MERGE_MS;
    return send(hint);
  };
  return {
    ring: async (hint) => {
      if (waiting !== undefined) return true;
      const wait = quietUntil - performance.now();
      if (wait <= 0) return sendNow(hint);
      waiting = setTimeout(() => void sendNow(hint), wait);
      return true;
    },
    stop: () => clearTimeout(waiting),
  };
}

async function ring(queue: Queue<Hint>, producer: Redis, hint: Hint): Promise<boolean> {
  if (producer.status !== 'ready') return false;
  const options = { removeOnComplete: true, removeOnFail: 100, attempts: 1 };
  let timer: NodeJS.Timeout | undefined;
  try {
    const added = queue.add('ring', hint, options).then(() => true);
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), RING_LIMIT_MS);
    });
    added.catch(() => false); // after the time-out nobody waits for it any more
    return await Promise.race([added, late]);
  } catch {
    // A lost ring loses no work: the runner's own look into SQL finds the step within 250 ms.
    return false;
  } finally {
    clearTimeout(timer);
  }
}

function listen(connection: Redis, heard: (hint: Hint) => void): Worker<Hint> {
  const worker = new Worker<Hint>(QUEUE, async (job) => heard(job.data), {
    connection: connection as unknown as ConnectionOptions,
    concurrency: LISTENERS,
    lockDuration: 5_000,
    stalledInterval: 2_000,
    removeOnComplete: { count: 0 },
    skipVersionCheck: true,
  });
  worker.on('error', () => undefined); // said once by the connection
  return worker;
}

/** One connection that comes back by itself; its trouble is said once. */
export function connect(url: string, log: Logger, options: object): Redis {
  const redis = new Redis(url, {
    ...options,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 1_000),
  });
  let down = false;
  redis.on('error', (error) => {
    if (!down) log.warn({ error: messageOf(error) }, 'Redis does not answer; work goes on by looking into SQL');
    down = true;
  });
  redis.on('ready', () => {
    if (down) log.info({}, 'Redis answers again');
    down = false;
  });
  return redis;
}
