import { setTimeout as wait } from 'node:timers/promises';
import type { Storyteller } from './storyteller';

/** What was seen is not what was claimed. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
  constructor(expected: unknown, got: unknown) {
    super(`expected ${shown(expected)}, got ${shown(got)}`);
  }
}

const SHOWN_MAX = 300;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** The two are the same. */
export function same(got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Unexpected(expected, got);
}

/** It is so; else `got` is told with what was expected. */
export function holds(so: boolean, expected: string, got: unknown): void {
  if (!so) throw new Unexpected(expected, got);
}

/** The text holds these words, or matches. */
export function contains(text: string, part: string | RegExp): void {
  const found = typeof part === 'string' ? text.includes(part) : part.test(text);
  if (!found) throw new Unexpected(`something with ${part}`, text.trim().slice(-SHOWN_MAX));
}

const LOOK_MS = 50;

/** Looks again until it is as claimed, for this long at most. */
export async function within(ms: number, look: () => void | Promise<void>, stop: AbortSignal): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
    await wait(LOOK_MS, undefined, { signal: stop });
  }
}

export interface CheckResult {
  number: number;
  claim: string;
  ok: boolean;
  /** What was expected and what was got; empty when it is ok. */
  why: string;
}

/** Claims, each looked at and printed one by one. A claim that does not hold ends nothing. */
export class Checks {
  readonly results: CheckResult[] = [];
  /** Claims that were left out, and why. */
  readonly unproven: string[] = [];

  constructor(
    private readonly story: Storyteller,
    private readonly say: (line: string) => void,
    private readonly stop: AbortSignal,
  ) {}

  get passed(): number {
    return this.results.filter(({ ok }) => ok).length;
  }

  get failed(): number {
    return this.results.length - this.passed;
  }

  /** Looks whether the claim holds. @returns whether it does */
  async that(claim: string, look: () => unknown): Promise<boolean> {
    this.story.now('checking', claim);
    try {
      await look();
      this.record(claim, '');
      return true;
    } catch (error) {
      // Who stops the demo did not disprove a claim.
      if (this.stop.aborted) throw this.stop.reason;
      const got = error instanceof Unexpected ? error.message : `expected no error, got ${(error as Error).message}`;
      this.record(claim, got);
      return false;
    } finally {
      this.story.now('checking', undefined);
    }
  }

  record(claim: string, why: string): void {
    const number = this.results.length + 1;
    this.results.push({ number, claim, ok: why === '', why });
    this.say(why === '' ? `ok ${number} ${claim}` : `FAILED ${number} ${claim}: ${why}`);
  }

  leaveOut(claim: string): void {
    this.unproven.push(claim);
  }
}
