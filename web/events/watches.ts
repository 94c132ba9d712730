import { setTimeout as wait } from 'node:timers/promises';
import { messageOf } from '../../engine/model/errors';
import type { Logger } from '../../engine/ports/logger';

/** What is watched: how it is looked at, how often, and what makes one thing the same as another. */
export interface Watching<K, V> {
  key(thing: K): string;
  look(thing: K): Promise<V>;
  same(a: V, b: V): boolean;
  everyMs: number;
}

interface Watch<V> {
  value: V;
  listeners: Set<() => void>;
}

/**
 * Looks at things that change and tell nobody, for any number of followers: one look serves all who follow the same
 * thing, and nobody looks while nobody follows.
 */
export class Watches<K, V> {
  private readonly watches = new Map<string, Watch<V>>();
  private readonly closed = new AbortController();

  constructor(
    private readonly watching: Watching<K, V>,
    private readonly log: Logger,
  ) {}

  /** The value now, then after each change; a slow follower gets the newest one. Ends with `signal`, or with `close`. */
  async *follow(thing: K, signal: AbortSignal): AsyncGenerator<V> {
    const end = AbortSignal.any([signal, this.closed.signal]);
    const watch = this.join(thing, await this.watching.look(thing));
    if (end.aborted) return;
    // What others who follow it have seen, so that it never goes back to that; the next look is near.
    let seen = watch.value;
    let wake: (() => void) | undefined;
    const listener = () => wake?.();
    watch.listeners.add(listener);
    end.addEventListener('abort', listener);
    try {
      yield seen;
      while (!end.aborted) {
        if (this.watching.same(watch.value, seen)) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        seen = watch.value;
        yield seen;
      }
    } finally {
      end.removeEventListener('abort', listener);
      watch.listeners.delete(listener);
    }
  }

  close(): void {
    this.closed.abort();
  }

  private join(thing: K, value: V): Watch<V> {
    const key = this.watching.key(thing);
    const known = this.watches.get(key);
    if (known !== undefined) return known;
    const watch: Watch<V> = { value, listeners: new Set() };
    this.watches.set(key, watch);
    void this.keepLooking(key, thing, watch);
    return watch;
  }

  private async keepLooking(key: string, thing: K, watch: Watch<V>): Promise<void> {
    do {
      // An abort is seen by the next line.
      await wait(this.watching.everyMs, undefined, { signal: this.closed.signal }).catch(() => undefined);
      if (watch.listeners.size === 0 || this.closed.signal.aborted) break;
      try {
        const value = await this.watching.look(thing);
        if (this.watching.same(value, watch.value)) continue;
        watch.value = value;
        for (const listener of watch.listeners) listener();
      } catch (error) {
        this.log.warn({ watched: key, error: messageOf(error) }, 'what is followed could not be read; trying again');
      }
    } while (!this.closed.signal.aborted);
    this.watches.delete(key);
  }
}
