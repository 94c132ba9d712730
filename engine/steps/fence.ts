import { LeaseLostError } from '../model/errors';
import type { StepId } from '../model/ids';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import type { StepLease } from './lease';

const holderOf = statement<{ step: StepId }, Pick<Tables['steps'], 'epoch' | 'state'>>((db, argument) =>
  db.selectFrom('steps').select(['epoch', 'state']).where('id', '=', argument('step')),
);

/** Refuses an actor whose lease is not the present one. Call it first in each transaction that acts for a step. */
export async function fence(db: Reader, lease: Pick<StepLease, 'stepId' | 'epoch'>): Promise<void> {
  const [row] = await holderOf(db, { step: lease.stepId });
  if (row === undefined || row.epoch !== lease.epoch || row.state !== 'running') {
    throw new LeaseLostError(lease.stepId, lease.epoch);
  }
}
