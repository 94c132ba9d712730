import timersPromises from 'node:timers/promises';
import { here, type Process } from './process';

/** Node's own, for whatever is not simulated. */
const real = { setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, wait: timersPromises.setTimeout };

/** What a process waits for. */
class Timer {
  constructor(
    readonly process: Process,
    readonly call: () => void,
    public at: number,
    /** Between two calls, ms; 0: it is called once. */
    readonly every: number,
  ) {}

  /**
   * When it is called, if nobody looks before `until`: what repeats is called once, at its last time, as in a process
   * that was busy meanwhile.
   */
  timeUntil(until: number): number {
    return this.every === 0 ? this.at : this.at + Math.floor((until - this.at) / this.every) * this.every;
  }

  unref(): this {
    return this;
  }

  ref(): this {
    return this;
  }
}

/** The virtual time of one history, and everything that waits for it. */
export class Timers {
  /** In the order in which they were set: of two at the same time, the older one comes first. */
  private waiting = new Set<Timer>();

  constructor(public now: number) {}

  set(process: Process, ms: number, call: () => void, repeats: boolean): Timer {
    const wait = Math.max(1, ms);
    const timer = new Timer(process, call, this.now + wait, repeats ? wait : 0);
    this.waiting.add(timer);
    return timer;
  }

  drop(timer: Timer): void {
    this.waiting.delete(timer);
  }

  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (let timer = this.due(until); timer !== undefined; timer = this.due(until)) {
      const at = timer.timeUntil(until);
      this.now = Math.max(this.now, at);
      if (timer.every === 0) this.drop(timer);
      else timer.at = at + timer.every;
      await this.call(timer);
    }
    this.now = until;
  }

  /** The first that is due until then. Those of the dead go. */
  private due(until: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.waiting) {
      if (timer.process.state === 'dead') this.waiting.delete(timer);
      else if (timer.at <= until && (first === undefined || timer.timeUntil(until) < first.timeUntil(until))) {
        first = timer;
      }
    }
    return first;
  }

  private async call({ process, call }: Timer): Promise<void> {
    if (process.state === 'paused') {
      process.missed.add(call);
      return;
    }
    here.run(process.background, call);
    await quiet();
  }
}

/** Resolves when nothing goes on any more without time passing: in here nobody waits for anything but promises. */
export const quiet = (): Promise<void> => new Promise((resolve) => real.setImmediate(resolve));

let timers: Timers | undefined;

/** From now on processes of the simulation wait for this virtual time. All others keep Node's own timers. */
export function useTimers(virtual: Timers): void {
  timers = virtual;
  Object.assign(globalThis, {
    setTimeout: timerOf(real.setTimeout, false),
    setInterval: timerOf(real.setInterval, true),
    clearTimeout: clearOf(real.clearTimeout),
    clearInterval: clearOf(real.clearInterval),
  });
  timersPromises.setTimeout = wait as typeof real.wait;
}

export function leaveTimers(): void {
  timers = undefined;
  const { setTimeout, setInterval, clearTimeout, clearInterval } = real;
  Object.assign(globalThis, { setTimeout, setInterval, clearTimeout, clearInterval });
  timersPromises.setTimeout = real.wait;
}

/** As `setTimeout` of `node:timers/promises`. */
function wait<T>(ms?: number, value?: T, options?: { signal?: AbortSignal }): Promise<T | undefined> {
  if (here.getStore() === undefined || timers === undefined) return real.wait(ms, value, options);
  return new Promise((resolve, reject) => {
    const signal = options?.signal;
    const timer = setTimeout(() => resolve(value), ms);
    const stop = (): void => {
      clearTimeout(timer);
      reject(new DOMException('The operation was aborted', 'AbortError'));
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

type SetTimer = (call: (...words: unknown[]) => void, ms?: number, ...words: unknown[]) => unknown;

function timerOf(own: unknown, repeats: boolean): SetTimer {
  return (call, ms = 0, ...words) => {
    const task = here.getStore();
    if (task === undefined || timers === undefined) return (own as SetTimer)(call, ms, ...words);
    return timers.set(task.process, ms, () => call(...words), repeats);
  };
}

function clearOf(own: unknown): (handle: unknown) => void {
  return (handle) => {
    if (handle instanceof Timer) timers?.drop(handle);
    else (own as (handle: unknown) => void)(handle);
  };
}
