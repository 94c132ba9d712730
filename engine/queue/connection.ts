import { Redis, type RedisOptions } from 'ioredis';
import { messageOf } from '../model/errors';
import type { Logger } from '../ports/logger';

/** A Redis that has taken a command and does not answer in this time is taken for lost: the connection is made anew, ms. */
export const HANGING_MS = 1_500;

/** One connection that comes back by itself; its trouble is said once. */
export function connect(url: string, log: Logger, options: RedisOptions): Redis {
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
