import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Address, CLIENT_FILE, readClientFile } from '../api/address';
import { transportTo } from '../api/transport';
import { failure } from '../errors';
import { Child, type Program } from '../processes/child';
import { readJson, removeFile, writePrivate } from '../processes/files';
import { endProcess, identify, type ProcessIdentity } from '../processes/identity';
import { LogFile } from '../processes/log-file';
import { redisAnswers, writeRedisConfiguration } from '../processes/redis';
import { importantLine, tokenIn } from './lines';
import { remember } from './memory';
import type { HousePlan } from './plan';
import { claimFolder, forgetUpState, orphansOf, type UpState, writeUpState } from './state';

/** Each part has this long to answer for the first time. */
const READY_MS = 60_000;
/** A runner that is silent about itself for so long is left to its own messages. */
const RUNNER_MS = 30_000;
const LOOK_MS = 25;
/** The token is written before web listens, but travels another way. */
const TOKEN_MS = 1_000;
/** web ends its streams; runners finish or give back their steps; Redis writes its file. */
export const GRACE_MS = { web: 12_000, runner: 20_000, redis: 10_000 } as const;

export interface HouseReady {
  url: string;
  gateway: string;
  /** Only when it was made now. */
  firstToken: string | undefined;
  /** False: nobody kept the token of this folder's first user. */
  tokenKnown: boolean;
}

/** Keeps web, runner and the folder's own Redis running, and ends them in order. */
export class Supervisor {
  private readonly children = new Map<string, Child>();
  private readonly state: UpState;
  private firstToken: string | undefined;
  private starting = true;
  private giveUp: (error: Error) => void = () => undefined;
  /** Rejects when a part ends while the house still starts. */
  private readonly broken = new Promise<never>((_resolve, reject) => {
    this.giveUp = reject;
  });

  constructor(
    private readonly plan: HousePlan,
    private readonly say: (line: string) => void,
  ) {
    this.broken.catch(() => undefined);
    const supervisor = identify(process.pid);
    if (supervisor === undefined)
      throw failure('no-proc', '/proc does not tell about processes', 'mount it, then try again');
    const { url, gateway, dummy, root, version, front } = plan;
    this.state = { supervisor, url, gateway, dummy, root, version, ...front, ready: false, children: [] };
  }

  /** Claims the folder; ends what a killed supervisor left behind. @throws CommandError `already-running`. */
  async claim(): Promise<void> {
    const left = await claimFolder(this.plan.home, this.state);
    for (const { name, identity } of left === undefined ? [] : orphansOf(left)) {
      this.say(`${name} (process ${identity.pid}) was left by a Gantry that was killed; ending it`);
      await endProcess(identity, GRACE_MS.web);
    }
  }

  /** @throws CommandError when a part does not come up; then everything has been ended again. */
  async start(): Promise<HouseReady> {
    try {
      remember(this.plan.home, this.plan);
      await this.startRedis();
      await this.startHouse();
      this.starting = false;
      this.state.ready = true;
      this.save();
      return {
        url: this.plan.url,
        gateway: this.plan.gateway,
        ...(await this.keepClient()),
      };
    } catch (error) {
      await this.drain();
      throw error;
    }
  }

  /** web stops accepting and runners give their steps back, both at once; Redis last. Safe to repeat. */
  async drain(): Promise<void> {
    await Promise.all([this.stop('web', GRACE_MS.web), this.stop('runner', GRACE_MS.runner)]);
    await this.stop('redis', GRACE_MS.redis);
    if (this.plan.redis !== undefined) removeFile(this.redisFile());
    forgetUpState(this.plan.home);
  }

  /** At once; steps that were under way are taken over when Gantry runs again. */
  kill(): void {
    for (const child of this.children.values()) child.kill();
    forgetUpState(this.plan.home);
  }

  private async startRedis(): Promise<void> {
    const { redis } = this.plan;
    if (redis === undefined) return;
    writeRedisConfiguration(this.plan.home, redis.own);
    this.startChild('redis', redis.program);
    await this.until('redis', READY_MS, () => redisAnswers(redis.own));
  }

  /** At the very first start web makes the database alone; later both come up side by side. */
  private async startHouse(): Promise<void> {
    const known = existsSync(join(this.plan.home, 'gantry.db'));
    this.startChild('web', this.plan.web);
    if (known) this.startChild('runner', this.plan.runner);
    await this.until('web', READY_MS, () => answersReady(this.plan));
    if (!known) this.startChild('runner', this.plan.runner);
    await this.until('runner', RUNNER_MS, () => Promise.resolve(this.runnerIsKnown()), 'go on');
  }

  private startChild(name: string, program: Program): void {
    const child: Child = new Child({
      name,
      program,
      log: new LogFile(join(this.plan.home, 'log', `${name}.log`)),
      onLine: (line) => this.hear(name, line),
      onLost: (how) => this.lost(child, how),
      onStart: (identity) => this.began(name, identity),
    });
    this.children.set(name, child);
    child.start();
  }

  private hear(name: string, line: string): string {
    const token = name === 'web' ? tokenIn(line) : undefined;
    if (token !== undefined) {
      this.firstToken = token;
      return line.replace(token, `(kept in ${CLIENT_FILE})`);
    }
    const important = name === 'redis' ? undefined : importantLine(line);
    if (important !== undefined) this.say(`${name}: ${important}`);
    return line;
  }

  private began(name: string, identity: ProcessIdentity): void {
    this.state.children = [...this.state.children.filter((child) => child.name !== name), { name, identity }];
    if (name === 'redis')
      writePrivate(this.redisFile(), JSON.stringify({ pid: identity.pid, port: this.plan.redis?.own.port }));
    this.save();
  }

  private lost(child: Child, how: string): void {
    if (!this.starting) {
      this.say(`${child.name} ended: ${how}`);
      return;
    }
    const lines = child.lastLines.map((line) => `\n  ${importantLine(line) ?? line}`).join('');
    const reason = how.replace(/; it is started again.*/, '');
    this.giveUp(
      failure('start-failed', `${child.name} ended while it started (${reason})${lines}`, mendOf(child.name, reason)),
    );
  }

  private async until(
    name: string,
    ms: number,
    ready: () => Promise<boolean>,
    late: 'fail' | 'go on' = 'fail',
  ): Promise<void> {
    const deadline = Date.now() + ms;
    while (!(await Promise.race([ready(), this.broken]))) {
      if (Date.now() > deadline) {
        if (late === 'go on') return this.say(`${name} has not said within ${ms / 1000} s that it is ready; going on`);
        const log = join(this.plan.home, 'log', `${name}.log`);
        throw failure('start-late', `${name} did not answer within ${ms / 1000} s`, `its log: ${log}`);
      }
      await Promise.race([wait(LOOK_MS), this.broken]);
    }
  }

  private runnerIsKnown(): boolean {
    const pid = this.children.get('runner')?.running?.pid;
    const folder = join(this.plan.home, 'run');
    const files = readdirSync(folder).filter((file) => /^runner-.*\.json$/.test(file));
    return files.some((file) => readJson<{ pid?: number }>(join(folder, file))?.pid === pid);
  }

  /** The command line of this folder gets address and token. */
  private async keepClient(): Promise<{ tokenKnown: boolean; firstToken: string | undefined }> {
    const kept = readClientFile(this.plan.home)?.token;
    const deadline = Date.now() + (kept === undefined ? TOKEN_MS : 0);
    while (this.firstToken === undefined && Date.now() < deadline) await wait(LOOK_MS);
    const token = this.firstToken ?? kept;
    const content: Address = { url: this.plan.url, ...(token === undefined ? {} : { token }), ...this.plan.trust };
    writePrivate(join(this.plan.home, CLIENT_FILE), `${JSON.stringify(content)}\n`);
    return { tokenKnown: token !== undefined, firstToken: this.firstToken };
  }

  private async stop(name: string, graceMs: number): Promise<void> {
    const how = await this.children.get(name)?.stop(graceMs);
    if (how === 'killed') this.say(`${name} did not end within ${graceMs / 1000} s and was killed`);
    this.children.delete(name);
  }

  private save(): void {
    writeUpState(this.plan.home, this.state);
  }

  private redisFile(): string {
    return join(this.plan.home, 'run', 'redis.json');
  }
}

function mendOf(name: string, reason: string): string {
  if (name === 'redis' && reason.includes('ENOENT')) {
    return 'install it: sudo apt-get install redis-server (or name one: GANTRY_REDIS_URL=redis://…)';
  }
  return './gantry doctor tells what is missing';
}

function answersReady({ url, trust }: HousePlan): Promise<boolean> {
  const { request, options } = transportTo({ url, ...trust });
  return new Promise((resolve) => {
    const asked = request(`${url}/health/ready`, { ...options, timeout: 1_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}
