import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../../cli/processes/ports';
import { ownEnvironment } from '../../../settings';
import { Killable } from './killable';
import type { FleetPlace } from './place';
import { redisProgram, redisUrl } from './redis';

export interface FleetWishes {
  webs: number;
  runners: number;
  /** Steps at once in each runner. */
  concurrency: number;
  /** Files that each web and runner may have open at once (`ulimit -n`). */
  openFiles?: number;
}

/** The shell sets the limit, and becomes the program. */
const limited = (command: readonly string[], openFiles: number | undefined): readonly string[] =>
  openFiles === undefined ? command : ['bash', '-c', `ulimit -n ${openFiles} && exec "$@"`, 'limited', ...command];

/** Compiled, or the sources themselves: whatever this file is. */
export const EXTENSION = __filename.slice(-3);
const ROOM = join(__dirname, '..', '..', '..');
const HOST = '127.0.0.1';
const ANSWER_MS = 15_000;

const RUNNER = "require('./runners/run').runMain(require('./settings').runnerSettings())";

/** The arguments with which Node runs web or a runner. A runner's main loads its commands as built files only. */
function mainArguments(room: 'web' | 'runners'): string[] {
  if (EXTENSION === '.js') return [join(ROOM, room, 'main.js'), ...(room === 'runners' ? ['run'] : [])];
  return ['-r', 'ts-node/register', ...(room === 'web' ? [join(ROOM, room, 'main.ts')] : ['-e', RUNNER])];
}

/** Several webs and runners on the dummy world, one database and one Redis: real processes, each with its own log. */
export class Fleet {
  private constructor(
    readonly home: string,
    readonly redis: Killable,
    readonly webs: readonly Killable[],
    readonly runners: readonly Killable[],
    readonly urls: readonly string[],
    readonly token: string,
  ) {}

  /** Starts all of them; that they end is already planned when it begins. */
  static async start(place: FleetPlace, wishes: FleetWishes): Promise<Fleet> {
    const logs = join(place.folder, 'logs');
    const home = join(place.folder, 'home');
    for (const folder of [logs, home]) mkdirSync(folder, { recursive: true });
    const redisPort = await freePort(HOST);
    const redis = new Killable(redisProgram(place, redisPort));
    const environment = {
      ...ownEnvironment(place.environment, home),
      GANTRY_REDIS_URL: redisUrl(redisPort),
      GANTRY_DUMMY: '1',
      GANTRY_LOG: 'warn',
      GANTRY_CONCURRENCY: String(wishes.concurrency),
      TS_NODE_TRANSPILE_ONLY: 'true',
    };
    const program = async (name: string, main: 'web' | 'runners', setting: string) => {
      const port = await freePort(HOST);
      const url = `http://127.0.0.1:${port}`;
      const own = { ...environment, [setting]: `127.0.0.1:${port}` };
      const args = [process.execPath, ...mainArguments(main)];
      const [command = '', ...words] = limited(args, wishes.openFiles);
      const logFile = join(logs, `${name}.log`);
      const isReady = () => answers(`${url}/health/live`);
      const { root: folder } = place;
      return {
        url,
        process: new Killable({ name, command, args: words, environment: own, folder, logFile, isReady }),
      };
    };
    const webs = await all(wishes.webs, (i) => program(`web-${i}`, 'web', 'GANTRY_LISTEN'));
    const runners = await all(wishes.runners, (i) => program(`runner-${i}`, 'runners', 'GANTRY_RUNNER_HEALTH'));
    const processes = [redis, ...webs.map((w) => w.process), ...runners.map((r) => r.process)];
    place.later(async () => void (await Promise.all(processes.map((one) => one.kill()))));
    await redis.start();
    await Promise.all(processes.slice(1).map((one) => one.start()));
    const token = await firstToken(logs);
    return new Fleet(
      home,
      redis,
      webs.map((w) => w.process),
      runners.map((r) => r.process),
      webs.map((w) => w.url),
      token,
    );
  }

  get processes(): Killable[] {
    return [this.redis, ...this.webs, ...this.runners];
  }

  /** A call of the API, as one client makes it: no second try. @throws Error when nothing came back, or no 2xx */
  async call<T>(method: 'GET' | 'POST', path: string, body?: object, web = 0): Promise<T> {
    const response = await fetch(`${this.urls[web]}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      signal: AbortSignal.timeout(ANSWER_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text.slice(0, 300)}`);
    return JSON.parse(text) as T;
  }

  /** Address for `git push`. */
  remote(app: string, web = 0): string {
    const url = new URL(`${this.urls[web]}/git/${app}.git`);
    url.username = 'owner';
    url.password = this.token;
    return url.href;
  }

  /** What went wrong that nobody had done to them. */
  deaths(): string[] {
    return this.processes.flatMap(({ deaths }) => deaths);
  }
}

async function all<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => make(i)));
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false; // it does not listen yet
  }
}

/** Whichever web was the first says it, a moment after it listens. */
async function firstToken(logs: string): Promise<string> {
  for (const deadline = Date.now() + ANSWER_MS; ; await pause(20)) {
    const texts = readdirSync(logs).map((file) => readFileSync(join(logs, file), 'utf8'));
    const token = texts.map((text) => /^first token: (\S+)$/m.exec(text)?.[1]).find((found) => found !== undefined);
    if (token !== undefined) return token;
    if (Date.now() > deadline) throw new Error(`no web has said its first token: ${texts.join('').slice(-500)}`);
  }
}
