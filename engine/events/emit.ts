import { canonical } from '../model/hash';
import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';

/** What the pages and the command line follow. */
export type EventType = 'run' | 'step' | 'traffic' | 'release' | 'approval' | 'delivery';

/** What happened. */
export interface Told {
  type: EventType;
  data: Record<string, unknown>;
}

const insertEvents = insertInto('events');
const takeNumber = statement<{ run: RunId }, { next_event: number }>((db, argument) =>
  db
    .updateTable('runs')
    .set((e) => ({ next_event: e('next_event', '+', 1) }))
    .where('id', '=', argument('run'))
    .returning('next_event'),
);

/**
 * Writes an event, numbered within its run, in the transaction of what it tells: commit order is number order.
 * An event without a run (traffic changed by a rule) has number 0.
 */
export async function emit(parts: EngineParts, tx: Tx, event: { app: AppId; run: RunId | null } & Told): Promise<void> {
  const first = event.run === null ? 0 : await nextNumber(tx, event.run);
  await writeEvents(parts, tx, { app: event.app, run: event.run, first }, [event]);
}

/**
 * Writes several events with the numbers from `first` on, for whoever has read the run's next number in this
 * transaction and writes the one after the last into the run's row.
 */
export async function writeEvents(
  parts: EngineParts,
  tx: Tx,
  of: { app: AppId; run: RunId | null; first: number },
  told: readonly Told[],
): Promise<void> {
  const at = parts.clock.now();
  const rows = told.map(({ type, data }, index) => ({
    run_id: of.run,
    app_id: of.app,
    seq: of.first + index,
    at,
    type,
    data: canonical(data),
  }));
  await insertEvents(tx, rows);
}

async function nextNumber(tx: Tx, run: RunId): Promise<number> {
  const [row] = await takeNumber(tx, { run });
  if (row === undefined) throw new Error(`there is no run ${run}`);
  return row.next_event - 1;
}
