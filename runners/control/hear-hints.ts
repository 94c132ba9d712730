import type { Engine } from '../../engine/engine';
import type { Hint } from '../../engine/ports/queue';
import type { Worker } from '../worker/worker';

/** What is no hint of ours is told this often at most, ms: somebody may write a lot of it. */
const TELL_MS = 60_000;

/**
 * Each hint wakes the worker and is gone when a place is free; nothing that it says is believed. One that names no step
 * is told: somebody else writes into this Redis.
 */
export function hearHints(engine: Engine, worker: Pick<Worker, 'hear'>): (hint: Hint | undefined) => Promise<void> {
  const { log } = engine.parts;
  let toldAt = Number.NEGATIVE_INFINITY;
  const tell = (hint: Hint | undefined): void => {
    if (performance.now() - toldAt < TELL_MS) return;
    toldAt = performance.now();
    log.warn({ step: hint?.stepId }, UNKNOWN_HINTS);
  };
  return async (hint) => {
    if (hint === undefined || !(await engine.queue.knows(hint))) tell(hint);
    else await worker.hear();
  };
}

export const UNKNOWN_HINTS =
  'what stood in the queue names no step of this Gantry and is dropped: somebody else writes into its Redis';
