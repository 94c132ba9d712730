import { sql } from 'kysely';
import { LeaseLostError } from '../model/errors';
import type { EngineParts } from '../parts';
import { databaseNow } from '../store/store';
import { LEASE_MS, type StepLease } from './lease';

/**
 * Keeps the lease alive.
 * @returns whether the step should stop (its run is being ended).
 * @throws LeaseLostError when another runner has the step.
 */
export async function renewLease(parts: EngineParts, lease: StepLease): Promise<{ abort: boolean }> {
  const row = await parts.store.write((tx) =>
    tx
      .updateTable('steps')
      .set({ lease_until: sql<number>`${databaseNow} + ${LEASE_MS}` })
      .where('id', '=', lease.stepId)
      .where('epoch', '=', lease.epoch)
      .where('state', '=', 'running')
      .returning('abort_requested')
      .executeTakeFirst(),
  );
  if (row === undefined) throw new LeaseLostError(lease.stepId, lease.epoch);
  return { abort: row.abort_requested === 1 };
}

/**
 * Whether the run of this step is being ended; cheap, without a lock.
 * @throws LeaseLostError when another runner has the step: what it holds now must not be cleaned up by this one.
 */
export async function abortRequested(parts: EngineParts, lease: StepLease): Promise<boolean> {
  const row = await parts.store.read
    .selectFrom('steps')
    .select(['abort_requested', 'epoch'])
    .where('id', '=', lease.stepId)
    .executeTakeFirst();
  if (row === undefined || row.epoch !== lease.epoch) throw new LeaseLostError(lease.stepId, lease.epoch);
  return row.abort_requested === 1;
}
