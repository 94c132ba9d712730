import { messageOf } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { ringAll } from '../runs/apply';
import type { Tx } from '../store/store';

/** The app has no room for another run now. */
export const isFull = 'full';
/** What to ring for a run that was started; undefined when there is none to start. */
export type Outcome = Hint[] | typeof isFull | undefined;

interface Starter<Row> {
  start(tx: Tx, row: Row): Promise<Outcome>;
  /** Writes why a row could not be started, when it is still to be. */
  noteFailure(tx: Tx, row: Row, reason: string): Promise<unknown>;
}

/**
 * Starts the runs of rows that wait, each in a transaction of its own. A row that fails says why and keeps none behind
 * it from being started; those of an app that is full are passed over.
 * @returns how many runs were started
 */
export async function startEach<Row extends { app: string }>(
  parts: EngineParts,
  rows: readonly Row[],
  { start, noteFailure }: Starter<Row>,
): Promise<number> {
  let started = 0;
  const full = new Set<string>();
  for (const row of rows) {
    if (full.has(row.app)) continue;
    try {
      const outcome = await parts.store.write((tx) => start(tx, row));
      if (outcome === isFull) full.add(row.app);
      if (outcome === isFull || outcome === undefined) continue;
      started += 1;
      await parts.probe('trigger-committed', { ...row });
      await ringAll(parts, outcome);
    } catch (error) {
      const reason = `it could not be started: ${messageOf(error)}`;
      parts.log.error({ ...row, reason }, 'a rule could not start a run; trying again');
      await parts.store.write((tx) => noteFailure(tx, row, reason));
    }
  }
  return started;
}
