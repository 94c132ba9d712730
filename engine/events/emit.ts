import { canonical } from '../model/hash';
import type { AppId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';

/** What the pages and the command line follow. */
export type EventType = 'run' | 'step' | 'traffic' | 'release' | 'approval' | 'delivery';

/**
 * Writes an event, numbered within its run, in the transaction of what it tells: commit order is number order.
 * An event without a run (traffic changed by a rule) has number 0.
 */
export async function emit(
  parts: EngineParts,
  tx: Tx,
  event: { app: AppId; run: RunId | null; type: EventType; data: Record<string, unknown> },
): Promise<void> {
  await tx
    .insertInto('events')
    .values({
      run_id: event.run,
      app_id: event.app,
      seq: event.run === null ? 0 : await nextNumber(tx, event.run),
      at: parts.clock.now(),
      type: event.type,
      data: canonical(event.data),
    })
    .execute();
}

async function nextNumber(tx: Tx, run: RunId): Promise<number> {
  const row = await tx
    .updateTable('runs')
    .set((e) => ({ next_event: e('next_event', '+', 1) }))
    .where('id', '=', run)
    .returning('next_event')
    .executeTakeFirstOrThrow();
  return row.next_event - 1;
}
