import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../cli/processes/ports';
import { redisAnswers } from '../../../cli/processes/redis';
import { Killable, type KillableProgram } from './killable';
import type { FleetPlace } from './place';

const HOST = '127.0.0.1';
/** It guards nothing: only this bench knows the port. */
const PASSWORD = 'bench';

export const redisUrl = (port: number): string => `redis://:${PASSWORD}@${HOST}:${port}`;

/** A Redis as Gantry wants one: append-only file, and nothing is forgotten when it is full. */
export function redisProgram(place: FleetPlace, port: number): KillableProgram {
  const folder = join(place.folder, 'redis');
  mkdirSync(folder, { recursive: true });
  const durable = ['--appendonly', 'yes', '--save', '', '--maxmemory-policy', 'noeviction', '--loglevel', 'warning'];
  const where = ['--bind', HOST, '--port', String(port), '--dir', folder, '--requirepass', PASSWORD];
  return {
    name: 'redis',
    command: 'redis-server',
    args: [...where, ...durable],
    environment: place.environment,
    folder,
    logFile: join(folder, 'redis.log'),
    isReady: () => redisAnswers({ port, password: PASSWORD, url: redisUrl(port) }),
  };
}

/** One for what Gantry is compared with. @returns its address */
export async function bareRedis(place: FleetPlace): Promise<string> {
  const port = await freePort(HOST);
  const redis = new Killable(redisProgram(place, port));
  place.later(async () => void (await redis.kill()));
  await redis.start();
  return redisUrl(port);
}
