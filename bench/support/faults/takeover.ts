import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { TERM_MS } from '../../../engine/control/term';
import type { DummyEntry } from '../../../runners/dummy/journal';
import { Repository } from '../repository';
import { Fleet } from './fleet';
import { WorldJournal } from './journal';
import type { Killable } from './killable';
import { Records } from './outcomes';
import type { FleetPlace } from './place';

const HOUR_MS = 3_600_000;
/** Far more than a takeover takes. */
const TAKEOVER_LIMIT_MS = 60_000;
/** A lease is renewed this often: a kill may fall anywhere between two renewals. */
const RENEWAL_MS = 2_000;
/** How long the start of an instance takes: while it waits, its runner is paused. */
const BOOT_MS = 1_500;
/** What a woken runner that has learnt nothing would have done by then. */
const WOKEN_MS = 3_000;
const CONCURRENCY = 4;

const FILES = { Dockerfile: 'FROM gantry/node\n' };
const HEAD = `serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
`;
const LONG_STEP = 'command/long';
/** One step that does not end before it is killed. */
const LONG = `app: long
build:
  commands:
    - { name: long, in: gantry/node, run: work, timeout: 3h, env: { DUMMY_SLEEP_MS: "${3 * HOUR_MS}" } }
${HEAD}stages:
  production: {}
`;
/** An instance that takes a moment to start. */
const SLOW = `app: slow
${HEAD}  env: { DUMMY_SLEEP_MS: "${BOOT_MS}" }
stages:
  production: {}
`;

/** Two real runners on one Redis and one SQLite, one of which has the step that matters. */
export class Pair {
  private constructor(
    private readonly fleet: Fleet,
    private readonly journal: WorldJournal,
    private readonly repository: Repository,
  ) {}

  static async start(place: FleetPlace): Promise<Pair> {
    const fleet = await Fleet.start(place, { webs: 1, runners: 2, concurrency: CONCURRENCY });
    const repository = new Repository(join(place.folder, 'clone'), place.environment);
    await repository.create();
    return new Pair(fleet, new WorldJournal(fleet.home), repository);
  }

  /** Kills whichever runner has the step, `times` times. @returns ms from each kill until the other acts on the step */
  async killRunners(times: number): Promise<number[]> {
    await this.push('long', LONG, 0);
    let holder = await this.journal.next(0, isBegun, TAKEOVER_LIMIT_MS);
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      await pause(Math.random() * RENEWAL_MS);
      const runner = this.runnerOf(holder.pid);
      const seen = this.journal.read().length;
      const killed = await runner.kill();
      holder = await this.journal.next(seen, isBegun, TAKEOVER_LIMIT_MS);
      took.push(holder.at - killed);
      await runner.start();
    }
    return took;
  }

  /**
   * Pauses a runner in the middle of a delivery until its lease is over and the other has finished the run; then wakes
   * it. @returns what the woken one still did to the world
   */
  async pauseRunners(times: number): Promise<DummyEntry[]> {
    const late: DummyEntry[] = [];
    for (let i = 1; i <= times; i++) {
      const seen = this.journal.read().length;
      await this.push('slow', SLOW, i);
      const { pid } = await this.journal.next(seen, ({ does }) => does === 'start-instance', TAKEOVER_LIMIT_MS);
      const runner = this.runnerOf(pid);
      await pause(BOOT_MS / 3);
      runner.pause();
      await this.untilSucceeded('slow', i);
      const before = this.journal.read().length;
      runner.wake();
      await pause(WOKEN_MS);
      late.push(
        ...this.journal
          .read()
          .slice(before)
          .filter((entry) => entry.pid === pid),
      );
    }
    return late;
  }

  /**
   * Asks whichever runner has the step to stop, and waits until the other acts on it. @returns the states that the step
   * went through, and who began the command
   */
  async drainRunner(): Promise<{ states: string[]; begun: number[] }> {
    await this.push('long', LONG, 0);
    const holder = await this.journal.next(0, isBegun, TAKEOVER_LIMIT_MS);
    const seen = this.journal.read().length;
    const stopped = this.runnerOf(holder.pid).stop();
    await this.journal.next(seen, isBegun, TAKEOVER_LIMIT_MS);
    await stopped;
    return {
      states: this.fromRecords((records) => records.stepStates(LONG_STEP)),
      begun: this.journal
        .read()
        .filter(isBegun)
        .map(({ pid }) => pid),
    };
  }

  /** Who holds each control loop: looked at for longer than a term lasts. */
  async holders(): Promise<Map<string, string[]>> {
    const holders = new Map<string, Set<string>>();
    for (const until = Date.now() + 2 * TERM_MS; Date.now() < until; await pause(100)) {
      for (const { name, holder } of this.fromRecords((records) => records.terms())) {
        holders.set(name, (holders.get(name) ?? new Set()).add(holder));
      }
    }
    return new Map([...holders].map(([name, owners]) => [name, [...owners]]));
  }

  private fromRecords<T>(read: (records: Records) => T): T {
    const records = new Records(this.fleet.home);
    try {
      return read(records);
    } finally {
      records.close();
    }
  }

  deaths(): string[] {
    return this.fleet.deaths();
  }

  private async push(app: string, pipeline: string, version: number): Promise<void> {
    if (version <= 1) await this.fleet.call('POST', '/apps', { name: app });
    this.repository.write({ ...FILES, 'gantry.yml': pipeline, version: String(version) });
    await this.repository.commit(`version ${version} of ${app}`);
    await this.repository.push(this.fleet.remote(app), 'main');
  }

  private runnerOf(pid: number): Killable {
    const runner = this.fleet.runners.find((one) => one.pid === pid);
    if (runner === undefined) throw new Error(`process ${pid} acted on a step, and is no runner of this bench`);
    return runner;
  }

  private async untilSucceeded(app: string, number: number): Promise<void> {
    for (const deadline = Date.now() + TAKEOVER_LIMIT_MS; ; await pause(100)) {
      const { state, reason } = await this.fleet.call<{ state: string; reason: string }>(
        'GET',
        `/apps/${app}/runs/${number}`,
      );
      if (state === 'succeeded') return;
      if (state === 'failed' || Date.now() > deadline)
        throw new Error(`run ${number} of ${app} is ${state}: ${reason}`);
    }
  }
}

const isBegun = ({ does }: DummyEntry): boolean => does === 'begin-command';
