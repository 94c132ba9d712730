import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import type { CliSettings } from '../../settings';
import type { Program } from './child';
import { makeFolder, writePrivate } from './files';

export interface OwnRedis {
  port: number;
  password: string;
  url: string;
}

/** Doorbells only: this is far more than they ever take, and a full Redis refuses instead of forgetting. */
const MEMORY = '256mb';

/**
 * The configuration of the folder's own Redis. Append-only file, since with stock settings a kill loses what was
 * acknowledged; `noeviction`, since a queue must not forget.
 */
export function redisConfiguration(folder: string, { port, password }: Pick<OwnRedis, 'port' | 'password'>): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${JSON.stringify(folder)}`,
    'daemonize no',
    'save ""',
    'appendonly yes',
    'appendfsync everysec',
    `maxmemory ${MEMORY}`,
    'maxmemory-policy noeviction',
    'loglevel notice',
    '',
  ].join('\n');
}

/** The Redis that the folder's supervisor has configured; undefined when there is none. */
export function readRedisConfiguration(home: string): OwnRedis | undefined {
  const file = configurationOf(home);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, 'utf8');
  const port = Number(/^port (\d+)$/m.exec(text)?.[1]);
  const password = /^requirepass (\w+)$/m.exec(text)?.[1];
  if (password === undefined || Number.isNaN(port)) return undefined;
  return { port, password, url: redisUrl(port, password) };
}

export const redisUrl = (port: number, password: string): string => `redis://:${password}@127.0.0.1:${port}`;

const folderOf = (home: string): string => join(home, 'redis');
const configurationOf = (home: string): string => join(folderOf(home), 'redis.conf');

export function redisProgram(settings: CliSettings): Program {
  const { home, environment } = settings;
  return { command: 'redis-server', args: [configurationOf(home)], environment, folder: folderOf(home) };
}

/** Only the supervisor of the folder may do this: a Redis that runs would come back with another password. */
export function writeRedisConfiguration(home: string, redis: OwnRedis): void {
  makeFolder(folderOf(home));
  writePrivate(configurationOf(home), redisConfiguration(folderOf(home), redis));
}

const ANSWER_MS = 1_000;

/** Does it answer, with this password? False while it loads its file. */
export function redisAnswers({ port, password }: OwnRedis): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    let text = '';
    const end = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(ANSWER_MS, () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (piece) => {
      text += piece.toString();
      if (text.includes('+PONG')) end(true);
      else if (text.includes('-')) end(false);
    });
  });
}
