import { AsyncLocalStorage } from 'node:async_hooks';
import type { Engine } from '../../engine/engine';
import type { ProcessName, Trouble } from './commands/command';

/** One life of a process of Gantry. What it began goes on only as long as it lives and nobody has paused it. */
export class Process {
  state: 'up' | 'paused' | 'dead' = 'up';
  /** Its clock against the true time, ms. */
  skew = 0;
  /** Steps that it carries out now, the oldest first. */
  readonly steps = new Set<Task>();
  /** Whatever is no step. */
  readonly background = new Task(this);
  /** Its timers that came due while it was paused. */
  readonly missed = new Set<() => void>();
  private engine: Engine | undefined;
  private trouble: Trouble | undefined;
  private left = 0;
  private parked: (() => void)[] = [];

  constructor(
    readonly name: ProcessName,
    /** Rises each time it is started. */
    readonly life: number,
  ) {}

  get owner(): string {
    return `${this.name}#${this.life}`;
  }

  /** The engine that all share, with parts of its own: what a process remembers by them dies with it. */
  own(engine: Engine): Engine {
    this.engine ??= { ...engine, parts: { ...engine.parts } };
    return this.engine;
  }

  /** What will go wrong, counted from now on. */
  expect(trouble: Trouble | undefined): void {
    this.trouble = trouble;
    this.left = trouble?.point ?? 0;
  }

  kill(): void {
    this.state = 'dead';
    this.parked = [];
    this.steps.clear();
  }

  pause(): void {
    if (this.state === 'up') this.state = 'paused';
  }

  wake(): void {
    if (this.state !== 'paused') return;
    this.state = 'up';
    const goOn = [...this.parked, ...this.missed];
    this.parked = [];
    this.missed.clear();
    for (const one of goOn) one();
  }

  /** @throws Error when the call is to fail at this point */
  pass(task: Task, fail: (() => Error) | undefined): Promise<void> | undefined {
    if (this.state === 'up' && this.left > 0) {
      this.left -= 1;
      if (this.left === 0) this.meet(fail);
    }
    if (this.state === 'dead') return NEVER;
    if (this.state === 'paused') return new Promise((goOn) => this.parked.push(goOn));
    return task.pass();
  }

  /** @throws Error when the call is to fail */
  private meet(fail: (() => Error) | undefined): void {
    const what = this.trouble?.what;
    this.trouble = undefined;
    if (what === 'die') this.kill();
    if (what === 'pause') this.pause();
    if (what === 'fail' && fail !== undefined) throw fail();
  }
}

/** Something that a process does, which goes on only so far before others get a turn. */
export class Task {
  private left = Number.POSITIVE_INFINITY;
  private readonly parked: (() => void)[] = [];
  /** Stops it in order, when it can be. */
  giveBack: () => void = () => undefined;

  constructor(readonly process: Process) {}

  get isParked(): boolean {
    return this.parked.length > 0;
  }

  /** How many points it may pass before it stops. */
  allow(points: number): void {
    this.left = points;
  }

  /** Lets it go on where it stopped. @param quiet waits until it has stopped again */
  async goOn(points: number, quiet: () => Promise<void>): Promise<void> {
    this.left = points;
    while (this.left > 0 && this.process.state === 'up') {
      const next = this.parked.shift();
      if (next === undefined) return;
      this.left -= 1;
      next();
      await quiet();
    }
  }

  pass(): Promise<void> | undefined {
    if (this.left <= 0) return new Promise((goOn) => this.parked.push(goOn));
    this.left -= 1;
    return undefined;
  }
}

const NEVER = new Promise<void>(() => undefined);

/** What the code at hand belongs to; undefined outside of all processes. */
export const here = new AsyncLocalStorage<Task>();

/**
 * A point where a process may be stopped. Undefined: it simply goes on.
 * @param fail what the call throws when it is to fail here; absent where nothing can fail
 */
export function reach(fail?: () => Error): Promise<void> | undefined {
  const task = here.getStore();
  return task?.process.pass(task, fail);
}

/** On whose behalf the world is touched now. */
export interface Acting {
  step: { stepId: string; epoch: number };
  effect: { key: string; epoch: number; stepId: string } | undefined;
}
export const acting = new AsyncLocalStorage<Acting>();
