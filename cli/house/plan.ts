import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Address, CliSettings } from '../../settings';
import { hostAndPort } from '../api/address';
import type { Program } from '../processes/child';
import { readJson } from '../processes/files';
import { mainProgram } from '../processes/mains';
import { freePort, tryPort } from '../processes/ports';
import { type OwnRedis, redisProgram, redisUrl } from '../processes/redis';
import { type Trust, trustOf } from '../tls/trust';
import { type Front, frontEnvironment, frontOf } from './front';

export interface Wishes {
  listen: Address;
  gateway: Address;
  dummy: boolean;
}

/** Everything that `up` starts, as values. */
export interface HousePlan {
  home: string;
  /** Of the program that runs. */
  root: string;
  version: string;
  /** Where this machine calls web. */
  url: string;
  /** How its certificate is checked from here. */
  trust: Trust;
  front: Front;
  gateway: string;
  domain: string;
  dummy: boolean;
  /** Undefined when a Redis was given. */
  redis: { own: OwnRedis; program: Program } | undefined;
  web: Program;
  runner: Program;
}

export async function planHouse(settings: CliSettings, wishes: Wishes): Promise<HousePlan> {
  const own = settings.redisUrl === undefined ? await ownRedis(settings.home) : undefined;
  const environment: NodeJS.ProcessEnv = {
    GANTRY_LISTEN: hostAndPort(wishes.listen),
    GANTRY_GATEWAY: hostAndPort(wishes.gateway),
    GANTRY_REDIS_URL: own?.url ?? settings.redisUrl,
    GANTRY_DUMMY: wishes.dummy ? '1' : '',
    ...frontEnvironment(settings),
  };
  return {
    home: settings.home,
    root: settings.root,
    version: settings.version,
    url: `${settings.tls === undefined ? 'http' : 'https'}://${hostAndPort(reachable(wishes.listen))}`,
    trust: trustOf(settings.tls),
    front: frontOf(settings),
    gateway: hostAndPort(reachable(wishes.gateway)),
    domain: settings.domain,
    dummy: wishes.dummy,
    redis: own === undefined ? undefined : { own, program: redisProgram(settings) },
    web: mainProgram(settings, 'web', [], environment),
    runner: mainProgram(settings, 'runners', ['run'], environment),
  };
}

/** "All addresses" is for listening; who calls from here takes loopback. */
function reachable({ host, port }: Address): Address {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port };
  if (host === '::') return { host: '::1', port };
  return { host, port };
}

/** The port of last time if it is free, since somebody may have noted it; a fresh password each time. */
async function ownRedis(home: string): Promise<OwnRedis> {
  const last = readJson<{ port?: number }>(join(home, 'run', 'redis.json'))?.port;
  const kept = last !== undefined && (await tryPort('127.0.0.1', last)).free ? last : undefined;
  const port = kept ?? (await freePort('127.0.0.1'));
  const password = randomBytes(24).toString('hex');
  return { port, password, url: redisUrl(port, password) };
}
