import type { Engine } from '../../engine/engine';

/** Runs have been calm when none changed for this long, ms. */
export const CALM_MS = 10_000;
/** Work that waits for calm is done after this long all the same, ms. */
export const PATIENCE_MS = 600_000;

/**
 * Holds heavy work back while runs change: Docker exporting an image keeps disk and processor so busy that switches
 * take ten times as long (docs/decisions/0008).
 */
export function whenCalm(
  engine: Engine,
  turn: (signal: AbortSignal) => Promise<void>,
): (signal: AbortSignal) => Promise<void> {
  let waitingSince: number | undefined;
  return async (signal) => {
    const now = engine.parts.clock.now();
    waitingSince ??= now;
    const moved = (await engine.runs.lastMove()) ?? 0;
    if (now - moved < CALM_MS && now - waitingSince < PATIENCE_MS) return;
    waitingSince = undefined;
    await turn(signal);
  };
}
