import { LeaseLostError } from '../model/errors';
import type { StepRow } from '../runs/apply';
import type { Tx } from '../store/store';
import type { StepLease } from './lease';

/** Refuses an actor whose lease is not the present one. Call it first in each transaction that acts for a step. */
export async function fence(tx: Tx, lease: Pick<StepLease, 'stepId' | 'epoch'>): Promise<StepRow> {
  const row = await tx.selectFrom('steps').selectAll().where('id', '=', lease.stepId).executeTakeFirst();
  if (row === undefined || row.epoch !== lease.epoch || row.state !== 'running') {
    throw new LeaseLostError(lease.stepId, lease.epoch);
  }
  return row;
}
