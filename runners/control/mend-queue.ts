import type { Engine } from '../../engine/engine';
import type { Reach } from '../../engine/steps/waiting';
import { UNKNOWN_HINTS } from './hear-hints';

/** So many hints at once are missing only after Redis has lost them. */
const MANY = 100;

/** A turn makes the queue equal to SQL. */
export function mendQueue(engine: Engine, reach: Reach): () => Promise<void> {
  const { log } = engine.parts;
  return async () => {
    const mended = await engine.queue.repair(reach);
    if (mended === undefined) return; // Redis is down: health says so
    const { rung, unknown } = mended;
    if (rung >= MANY) log.warn({ rung }, 'the queue had lost hints of ready steps; they were rung again from SQL');
    if (unknown.length > 0) log.warn({ jobs: unknown.length, first: unknown[0]?.slice(0, 80) }, UNKNOWN_HINTS);
  };
}
