import { setTimeout as pause } from 'node:timers/promises';
import type { House } from './house';
import { monotonicNow } from './load/connection';
import type { Load } from './load/load';

/** One rollback, in milliseconds since the call was sent. */
export interface Rollback {
  /** The API answered the call. */
  answered: number;
  /** The step that switches began and ended, by Gantry's clock. */
  stepBegan: number;
  stepEnded: number;
  /** The first byte of the last answer that the release which was taken back gave. */
  lastAnswer: number;
}

/** Nothing of the old release for so long, with requests coming all the time: it has given its last answer. */
const SILENT_MS = 600;
/** A release that still answers after so long was not taken back. */
const LIMIT_MS = 15_000;

/**
 * Takes the app back and measures until when visitors still met the release that was taken back.
 *
 * @throws Error when the rollback fails, or does not move the traffic
 */
export async function rollBack(house: House, load: Load, app: string): Promise<Rollback> {
  const calledAt = Date.now();
  const began = monotonicNow();
  const started = await house.call<{ run: number; kind: string; from: string; to: string }>(
    'POST',
    `/apps/${app}/rollback`,
    { reason: 'bench' },
  );
  const answered = monotonicNow() - began;
  const run = await house.untilSucceeded(app, started.run, { everyMs: 100, limitMs: LIMIT_MS });
  const last = await lastAnswerOf(load, idOf(app, started.from), began);
  const seen = await load.look();
  if ((seen.lastAnswers[idOf(app, started.to)] ?? 0) < began) {
    throw new Error(`run ${started.run} of ${app} took it back, but nobody has met ${started.to} since`);
  }
  const step = run.steps[0];
  return {
    answered,
    stepBegan: (step?.startedAt ?? calledAt) - calledAt,
    stepEnded: (step?.endedAt ?? calledAt) - calledAt,
    lastAnswer: Math.max(0, last - began),
  };
}

/** Waits until the release is silent, and tells when its last answer began. */
async function lastAnswerOf(load: Load, release: string, began: number): Promise<number> {
  for (;;) {
    const last = Math.max(began, (await load.look()).lastAnswers[release] ?? 0);
    const now = monotonicNow();
    if (now - last > SILENT_MS) return last;
    if (now - began > LIMIT_MS) throw new Error(`${release} still answers ${LIMIT_MS} ms after it was taken back`);
    await pause(SILENT_MS - (now - last) + 1);
  }
}

/** `shop release 3` is answered as `shop-3`. */
const idOf = (app: string, words: string): string => `${app}-${/release (\d+)$/.exec(words)?.[1] ?? '?'}`;
