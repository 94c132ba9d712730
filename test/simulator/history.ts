import { createEngine, type Engine } from '../../engine/engine';
import { GantryError } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';
import { localExchange } from '../../engine/queue/local-exchange';
import { retentionSettings } from '../../retention-settings';
import { announce } from '../../runners/control/announce';
import { startLoops } from '../../runners/control/loops';
import { testVault } from '../support/vault';
import { Chance } from './chance';
import { type Command, type ProcessName, RUNNERS, WEBS } from './commands/command';
import type { SimulatedDatabase } from './database';
import { simulatedKinds } from './kinds';
import { type Open, openOf } from './look';
import { here, Process, reach, type Task } from './process';
import type { Answer, Entry, Simulation } from './simulation';
import { type Disk, simulatedStore } from './store';
import { quiet, Timers, useTimers } from './timers';
import { silentLogs } from './world/logs';
import { makeSimulatedWorld, type Outside } from './world/world';

/** When every history begins, ms UTC. */
const BEGINNING = 1_767_225_600_000;
const KEEP_RELEASES = 2;
/** Histories are short: nothing gets old in them. */
const POLICY = { ...retentionSettings((_name, fallback) => fallback), releases: KEEP_RELEASES };
/** Steps that a runner carries out at once. */
export const PLACES = 3;

/** One history: the real engine, its steps and its loops, and everything around them from one seed. */
export class History implements Simulation {
  readonly engine: Engine;
  readonly outside: Outside;
  readonly timers: Timers;
  /** Draws commands. */
  readonly chance: Chance;
  readonly disk: Disk = { full: false };
  readonly processes = new Map<ProcessName, Process>();
  readonly journal: Entry[] = [];
  /** What was said as an error, newest last. */
  readonly errors: string[] = [];
  readonly kinds: ReturnType<typeof simulatedKinds>;
  readonly clock = { now: () => this.timers.now };

  constructor(
    readonly seed: number,
    readonly database: SimulatedDatabase,
    now = BEGINNING,
  ) {
    this.timers = new Timers(now);
    this.chance = new Chance(seed);
    // Its own, so that commands that are given instead of drawn meet the same ids.
    const random = new Chance(seed + 0x5eed);
    database.tellTime(this.clock.now);
    useTimers(this.timers);
    this.outside = makeSimulatedWorld(this.clock.now);
    this.engine = createEngine({
      store: simulatedStore(database, this.disk),
      bell: this.outside.queue,
      exchange: localExchange(),
      bytes: this.outside.bytes,
      logs: silentLogs(),
      clock: { now: () => this.timers.now + (here.getStore()?.process.skew ?? 0) },
      random,
      probe: () => reach(),
      log: this.logger(),
      vault: testVault(random),
      domain: 'example.test',
    });
    this.kinds = simulatedKinds(this.outside.world);
  }

  /** What a runner takes. */
  get reach(): { pools: string[]; kinds: string[] } {
    return { pools: ['default'], kinds: [...this.kinds.keys()] };
  }

  get db(): SimulatedDatabase['handle'] {
    return this.database.handle;
  }

  get world(): Simulation['world'] {
    return this.outside.seen;
  }

  /** Every process is up; loops of the world run in as many runners as that. */
  async begin(loops: number): Promise<void> {
    for (const name of WEBS) await this.start(name);
    for (const [index, name] of RUNNERS.entries()) await this.start(name, index < loops);
  }

  /** A new life of a process; nothing when it lives. */
  async start(name: ProcessName, loops = true): Promise<void> {
    const before = this.processes.get(name);
    if (before !== undefined && before.state !== 'dead') return;
    const process = new Process(name, (before?.life ?? 0) + 1);
    this.processes.set(name, process);
    if (name === 'web-1' || name === 'web-2' || !loops) return;
    here.run(process.background, () => {
      announce(this.engine, { owner: process.owner, cluster: 'local', places: PLACES, ...this.reach });
      startLoops(this.engine, this.outside.world, process.owner, { policy: POLICY, reach: this.reach });
    });
    await quiet();
  }

  process(name: ProcessName): Process {
    const process = this.processes.get(name);
    if (process === undefined) throw new Error(`there is no process ${name}`);
    return process;
  }

  /** Does something in a process until nothing goes on without time passing. */
  async within(entry: Entry, name: ProcessName, work: () => Promise<unknown>): Promise<void> {
    const process = this.process(name);
    if (process.state !== 'up') return; // nobody answers
    process.expect(entry.command.trouble);
    this.answer(entry, process.background, work);
    await quiet();
    process.expect(undefined);
  }

  /** Begins something; its answer is written into the entry, now or whenever it comes. */
  answer(entry: Entry, task: Task, work: () => Promise<unknown>): void {
    here.run(task, () => {
      work().then(
        (value) => {
          entry.answer = { kind: 'done', value: value ?? null };
        },
        (error: unknown) => {
          entry.answer = refusal(error);
        },
      );
    });
  }

  faultsActive(): boolean {
    const { trouble } = this.outside.record;
    const isUp = [...this.processes.values()].every(({ state, skew }) => state === 'up' && skew === 0);
    return (
      !isUp || this.disk.full || this.outside.queue.down || trouble.docker !== 'fine' || trouble.gateway !== 'fine'
    );
  }

  /** What waits for runners and for people now. */
  open(): Open {
    return openOf(this.db, this.timers.now);
  }

  write(command: Command): Entry {
    const entry: Entry = { index: this.journal.length, at: this.timers.now, command, answer: { kind: 'silent' } };
    this.journal.push(entry);
    return entry;
  }

  private logger(): Logger {
    const say = (fields: Record<string, unknown>, message: string): void => {
      this.errors.push(`${message}: ${String(fields.error ?? '')}`);
    };
    return { info: () => undefined, warn: say, error: say };
  }
}

function refusal(error: unknown): Answer {
  if (error instanceof GantryError) return { kind: 'refused', code: error.code, message: error.message };
  const { code, name, message, stack } = error as Error & { code?: string };
  if (code?.startsWith('SQLITE_') === true) return { kind: 'refused', code, message };
  return { kind: 'refused', code: `unexpected ${name}`, message: stack ?? message };
}
