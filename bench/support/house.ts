import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ownEnvironment } from '../../settings';
import type { Workshop } from './bench';
import type { Cleanup } from './cleanup';
import { runProgram } from './program';
import { Terminal } from './terminal';

/** The compiled command line, beside the compiled benches. */
const CLI = join(__dirname, '..', '..', 'cli', 'main.js');
const START_MS = 120_000;
const STOP_MS = 180_000;

/** A run as the API tells it, as far as benches look. */
export interface Run {
  number: number;
  state: string;
  reason: string;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  release: number | null;
  steps: { name: string; kind: string; state: string; startedAt: number | null; endedAt: number | null }[];
}

/** A Gantry of the bench's own: in a throwaway folder, on free ports, driven as a user drives it. */
export class House {
  private constructor(
    readonly home: string,
    readonly url: string,
    readonly gateway: { host: string; port: number },
    readonly token: string,
    private readonly environment: NodeJS.ProcessEnv,
    private readonly root: string,
  ) {}

  /**
   * Starts it by `gantry up --detach`; its removal is already planned when it begins.
   *
   * @param wishes `dummy`: no Docker, the dummy runner; `concurrency`: steps that the runner carries out at once;
   *   `environment`: further settings
   */
  static async start(
    { settings, folder, cleanup, say }: Workshop,
    wishes: { dummy?: boolean; concurrency?: number; environment?: Record<string, string> } = {},
  ): Promise<House> {
    const home = join(folder, 'home');
    const environment = {
      ...ownEnvironment(settings.environment, home),
      ...(wishes.concurrency === undefined ? {} : { GANTRY_CONCURRENCY: String(wishes.concurrency) }),
      ...wishes.environment,
    };
    const cli = (args: readonly string[], limitMs: number): Promise<string> =>
      runProgram(process.execPath, [CLI, ...args], { folder: settings.root, environment, limitMs });
    cleanup.later(async () => {
      await cli(['down', '--purge', '--yes', '--keep-bases'], STOP_MS);
    });
    const up = ['up', '--port', '0', '--gateway-port', '0', '--detach', '--json'];
    const answer = await cli(wishes.dummy === true ? [...up, '--dummy'] : up, START_MS);
    const ready = JSON.parse(answer) as { url: string; gateway: string; firstToken: string };
    const [host = '', port] = ready.gateway.split(':');
    say(`Gantry of this bench: ${ready.url}, gateway ${ready.gateway}`);
    return new House(home, ready.url, { host, port: Number(port) }, ready.firstToken, environment, settings.root);
  }

  /** A command of `gantry`, as typed. @returns what it wrote */
  cli(...args: string[]): Promise<string> {
    return runProgram(process.execPath, [CLI, ...args], {
      folder: this.root,
      environment: this.environment,
      limitMs: START_MS,
    });
  }

  /** The same, left to run: what it writes is read as it comes. */
  startCli(cleanup: Cleanup, ...args: string[]): Terminal {
    const options = { folder: this.root, environment: this.environment, cleanup };
    return Terminal.start(process.execPath, [CLI, ...args], options);
  }

  /** Address for `git push`: any user, the token as password. */
  remote(app: string): string {
    const url = new URL(`${this.url}/git/${app}.git`);
    url.username = 'owner';
    url.password = this.token;
    return url.href;
  }

  /** A call of the API. @throws Error with the server's own words for anything but a 2xx */
  async call<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text) as T;
  }

  run(app: string, number: number): Promise<Run> {
    return this.call('GET', `/apps/${app}/runs/${number}`);
  }

  /** Waits until the run has ended. @throws Error when it did not succeed, or not in time */
  async untilSucceeded(app: string, number: number, options: { everyMs: number; limitMs: number }): Promise<Run> {
    const run = await this.untilEnded(app, number, options);
    if (run.state === 'succeeded') return run;
    const failed = run.steps.find((step) => step.state === 'failed')?.name ?? 'no step';
    throw new Error(`run ${number} of ${app} ended as ${run.state} (${failed}): ${run.reason}`);
  }

  async untilEnded(app: string, number: number, options: { everyMs: number; limitMs: number }): Promise<Run> {
    const deadline = Date.now() + options.limitMs;
    for (;;) {
      const run = await this.run(app, number);
      if (run.endedAt !== null) return run;
      if (Date.now() > deadline) {
        throw new Error(`run ${number} of ${app} is still ${run.state} after ${options.limitMs / 1000} s`);
      }
      await pause(options.everyMs);
    }
  }

  /** Process ids of web and runner, by the state files that they wrote. */
  processes(): { web: number; runner: number } {
    const folder = join(this.home, 'run');
    const pidOf = (name: string): number => {
      const file = readdirSync(folder).find((one) => one.startsWith(`${name}-`) && one.endsWith('.json'));
      if (file === undefined) throw new Error(`no ${name} has written its state into ${folder}`);
      return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { pid: number }).pid;
    };
    return { web: pidOf('web'), runner: pidOf('runner') };
  }
}
