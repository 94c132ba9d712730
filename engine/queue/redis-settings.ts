import { isIP } from 'node:net';
import { Redis } from 'ioredis';
import type { BellTrouble } from '../ports/queue';
import { HANGING_MS } from './connection';

/** What is wrong with how a Redis is set up. */
export interface RedisFinding extends BellTrouble {
  /** `fail`: `gantry up` refuses it, and health is degraded on it; `warn`: it works, and may be slower to come back. */
  state: 'fail' | 'warn';
}

/** BullMQ's own recommendation; older ones lack commands that it is tested with. */
const OLDEST = [6, 2] as const;

/**
 * Judges a Redis by what it tells about itself.
 * @param info the answer of `INFO`; what it does not tell is not judged
 * @param url as settings.ts takes it
 */
export function judgeRedis(info: string, url: string): RedisFinding[] {
  const facts = new Map(info.split(/\r?\n/).map((line) => line.split(':', 2) as [string, string | undefined]));
  return [eviction(facts.get('maxmemory_policy')), age(facts.get('redis_version')), password(url)]
    .concat(appendOnly(facts.get('aof_enabled')))
    .filter((finding) => finding !== undefined);
}

/** Asks a Redis how it is set up. Rejects when it does not answer, or refuses the password. */
export async function lookAtRedis(url: string): Promise<{ version: string; findings: RedisFinding[] }> {
  const redis = new Redis(url, {
    lazyConnect: true,
    retryStrategy: null,
    connectTimeout: HANGING_MS,
    socketTimeout: HANGING_MS,
    maxRetriesPerRequest: 0,
  });
  const refused = new Promise<never>((_resolve, reject) => redis.on('error', reject));
  const asked = redis.connect().then(() => redis.info());
  asked.catch(() => undefined); // the first reason that was given counts
  try {
    const info = await Promise.race([asked, refused]);
    return { version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown', findings: judgeRedis(info, url) };
  } finally {
    redis.disconnect();
  }
}

function eviction(policy: string | undefined): RedisFinding | undefined {
  if (policy === undefined || policy === 'noeviction') return undefined;
  return {
    state: 'fail',
    found: `Redis forgets hints when its memory is full (maxmemory-policy ${policy})`,
    next: 'set maxmemory-policy noeviction',
  };
}

function age(version: string | undefined): RedisFinding | undefined {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  if (version === undefined || major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return undefined;
  return { state: 'fail', found: `Redis ${version} is too old`, next: `install Redis ${OLDEST.join('.')} or newer` };
}

function password(url: string): RedisFinding | undefined {
  const { hostname, password: given } = new URL(url);
  if (given !== '') return undefined;
  const near = isLoopback(hostname);
  return {
    state: near ? 'warn' : 'fail',
    found: `Redis is used without a password${near ? ', by whoever is on this machine' : ''}`,
    next: 'set requirepass (or an ACL user), and name it: GANTRY_REDIS_URL=redis://:PASSWORD@HOST:PORT',
  };
}

function appendOnly(enabled: string | undefined): RedisFinding | undefined {
  if (enabled !== '0') return undefined;
  return {
    state: 'warn',
    found: 'Redis keeps nothing on disk: after its end each hint is rung again from SQL',
    next: 'set appendonly yes',
  };
}

function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
