import type { Redis } from 'ioredis';
import { messageOf } from '../model/errors';
import type { Logger } from '../ports/logger';
import type { BellTrouble } from '../ports/queue';
import { judgeRedis, type RedisFinding } from './redis-settings';

/** How often a Redis is asked to take something, ms: one that hangs, or is full, is known before somebody rings. */
const PULSE_MS = 2_000;
const PULSE_KEY = 'gantry-pulse';

/** Knows how a Redis that answers is: whether it can be written, and whether it is set up as it should be. */
export interface Pulse {
  trouble(): BellTrouble | undefined;
  /** A write was refused. */
  refused(error: unknown): void;
  stop(): void;
}

/** Each kind of trouble is said once, until it is over; settings can be changed while Redis runs. */
export function feelPulse(redis: Redis, url: string, log: Logger): Pulse {
  let refusal: BellTrouble | undefined;
  let findings: readonly RedisFinding[] = [];
  const refused = (error: unknown): void => {
    const now = refusalOf(messageOf(error));
    if (now === undefined) return; // the connection was lost, and says so itself
    if (refusal?.found !== now.found) log.warn({}, `${now.found}; ${now.next}`);
    refusal = now;
  };
  const beat = async (): Promise<void> => {
    if (redis.status !== 'ready') return;
    try {
      await redis.set(PULSE_KEY, '1', 'PX', 5 * PULSE_MS);
      if (refusal !== undefined) log.info({}, 'Redis takes hints again');
      refusal = undefined;
    } catch (error) {
      refused(error);
    }
    await look();
  };
  const look = async (): Promise<void> => {
    const info = await redis.info().catch(() => undefined);
    if (info === undefined) return; // forbidden, or lost meanwhile: what was known still counts
    const known = new Set(findings.map(({ found }) => found));
    findings = judgeRedis(info, url);
    for (const { found, next } of findings) if (!known.has(found)) log.warn({}, `${found}; ${next}`);
  };
  redis.on('ready', () => void look());
  const timer = setInterval(() => void beat(), PULSE_MS);
  return {
    trouble: () => refusal ?? findings.find(({ state }) => state === 'fail'),
    refused,
    stop: () => clearInterval(timer),
  };
}

function refusalOf(message: string): BellTrouble | undefined {
  if (message.startsWith('OOM')) {
    return { found: 'Redis is full and takes no hints', next: 'raise its maxmemory, or remove what else is in it' };
  }
  if (/^(READONLY|MISCONF|NOPERM|NOREPLICAS)/.test(message)) {
    return { found: `Redis takes no hints: ${message.slice(0, 200)}`, next: 'make it writable for Gantry' };
  }
  return undefined;
}
