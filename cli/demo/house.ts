import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type CliSettings, dockerAddress } from '../../settings';
import { readClientFile } from '../api/address';
import { Client, path } from '../api/client';
import { readRun } from '../api/follow';
import { type App as ApiApp, type Environment, isFinal, type Run, type Status } from '../api/types';
import { failure } from '../errors';
import { readRunning } from '../house/state';
import { mainProgram } from '../processes/mains';
import { DockerState } from './docker-state';
import { type App, type FixtureVersion, foldersOf, neverHealthyOnDummy, numberOf } from './fixture';
import { type Ended, runProgram, unexpectedEnd } from './programs';
import { type Pushed, Repository } from './repository';

const LOOK_MS = 150;
/** No run of the demo takes longer: the first one may have to fetch Maven's libraries. */
const RUN_MS = 5 * 60_000;

/** One Gantry with its data folder, driven as its users do: commands, the API, `git push`. */
export class House {
  readonly settings: CliSettings;
  readonly docker: DockerState;
  status: Status | undefined;

  constructor(
    settings: CliSettings,
    /** Ends whatever this house is asked to do. */
    readonly stop: AbortSignal,
  ) {
    // Variables that name another server must not lead the commands away from this folder's own.
    const { GANTRY_URL: _url, GANTRY_TOKEN: _token, ...environment } = settings.environment;
    this.settings = { ...settings, environment };
    this.docker = new DockerState(dockerAddress(environment.DOCKER_HOST));
  }

  get home(): string {
    return this.settings.home;
  }

  /** What runs for this folder now; undefined when nothing does. */
  running(): { dummy: boolean; url: string } | undefined {
    return readRunning(this.home);
  }

  /** One `gantry` command, to its end. */
  gantry(...args: string[]): Promise<Ended> {
    return this.command(args, this.stop);
  }

  /** One that is told something on its standard input: secrets are not for arguments. */
  gantryTold(told: string, ...args: string[]): Promise<Ended> {
    return this.command(args, this.stop, told);
  }

  /** One that is carried out even when the demo was stopped. */
  gantryAtEnd(limitMs: number, ...args: string[]): Promise<Ended> {
    return this.command(args, AbortSignal.timeout(limitMs));
  }

  /** A command that must succeed, as its JSON document. */
  async must<T = unknown>(...args: string[]): Promise<T> {
    const ended = await this.gantry(...args, '--json');
    if (ended.status !== 0) throw unexpectedEnd(ended);
    return JSON.parse(ended.stdout) as T;
  }

  private command(args: readonly string[], stop: AbortSignal, told?: string): Promise<Ended> {
    return runProgram(mainProgram(this.settings, 'cli', args), `gantry ${args.join(' ')}`, stop, told);
  }

  /** Address and token of this folder's own server. */
  get client(): { url: string; token: string } {
    const { url, token } = readClientFile(this.home) ?? {};
    if (url !== undefined && token !== undefined) return { url, token };
    throw failure(
      'no-token',
      `the token of ${this.home} is not kept in it`,
      'begin in an empty folder: GANTRY_HOME=FOLDER ./gantry demo',
    );
  }

  get api(): Client {
    return new Client(this.client, { exact: true });
  }

  /** Learns where the gateway is. To be called when Gantry is up. */
  async meet(): Promise<Status> {
    this.status = await this.api.get<Status>('/status');
    return this.status;
  }

  get gateway(): { host: string; port: number } {
    if (this.status?.gateway == null) throw new Error('the gateway is not known yet');
    return this.status.gateway;
  }

  get installation(): string {
    if (this.status === undefined) throw new Error('the installation is not known yet');
    return this.status.installation;
  }

  hostOf(app: string): string {
    return `${app}.${this.status?.domain ?? 'localhost'}`;
  }

  repository(app: string): Repository {
    return new Repository(join(this.home, 'demo', app), { environment: this.settings.environment, stop: this.stop });
  }

  /** Commits a version of a fixture app and pushes it. Resolves when the run has ended or waits for people. */
  async push(app: App, version: FixtureVersion, options: { dummy: boolean }): Promise<Pushed & { number: number }> {
    const repository = this.repository(app);
    repository.fill(foldersOf(this.settings.root, app, version));
    if (options.dummy && app === 'storefront' && version === 'v3-bad') {
      repository.write('gantry.yml', neverHealthyOnDummy(repository.read('gantry.yml')));
    }
    await repository.commit(`${app} ${numberOf[version]}`);
    const pushed = await repository.push('main', { follow: false });
    if (pushed.status !== 0 || pushed.run === undefined) throw unexpectedEnd(pushed);
    return { ...pushed, number: pushed.run.number };
  }

  app(name: string): Promise<ApiApp> {
    return this.api.get<ApiApp>(path`/apps/${name}`);
  }

  /** An environment of an app; undefined before its first delivery. */
  async environment(app: string, name: string): Promise<Environment | undefined> {
    return (await this.app(app)).environments.find((environment) => environment.name === name);
  }

  run(app: string, number: number): Promise<Run> {
    return readRun(this.api, app, number);
  }

  /** Looks at a run until it is as wanted. @throws Error when it ended otherwise, or took too long. */
  async untilRun(
    app: string,
    number: number,
    wanted: (run: Run) => boolean,
    onLook: (run: Run) => void = () => undefined,
  ): Promise<Run> {
    const deadline = Date.now() + RUN_MS;
    for (;;) {
      const run = await this.run(app, number);
      onLook(run);
      if (wanted(run)) return run;
      if (isFinal(run)) throw new Error(`${app}#${number} ${run.state}: ${run.reason}`);
      if (Date.now() > deadline) throw new Error(`${app}#${number} is still ${run.state} after ${RUN_MS / 1000} s`);
      await wait(LOOK_MS, undefined, { signal: this.stop });
    }
  }
}
