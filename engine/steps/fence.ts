import { LeaseLostError, RunEndedError } from '../model/errors';
import type { StepId } from '../model/ids';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import type { StepLease } from './lease';

type Holder = Pick<Tables['steps'], 'epoch' | 'state' | 'abort_requested'>;
const holderOf = statement<{ step: StepId }, Holder>((db, argument) =>
  db.selectFrom('steps').select(['epoch', 'state', 'abort_requested']).where('id', '=', argument('step')),
);

/** Refuses an actor whose lease is not the present one. Call it first in each transaction that acts for a step. */
export async function fence(db: Reader, lease: Pick<StepLease, 'stepId' | 'epoch'>): Promise<Holder> {
  const [row] = await holderOf(db, { step: lease.stepId });
  return demandHolder(row, lease);
}

/** The same of a step that was read in this transaction. @throws LeaseLostError */
export function demandHolder<Step extends Pick<Holder, 'epoch' | 'state'>>(
  step: Step | undefined,
  lease: Pick<StepLease, 'stepId' | 'epoch'>,
): Step {
  if (step === undefined || step.epoch !== lease.epoch || step.state !== 'running') {
    throw new LeaseLostError(lease.stepId, lease.epoch);
  }
  return step;
}

/**
 * The same before something new is begun: once a run is being ended, none of its steps begins anything but to take back.
 * @throws LeaseLostError, RunEndedError
 */
export async function fenceIntent(db: Reader, lease: Pick<StepLease, 'stepId' | 'epoch' | 'verb'>): Promise<void> {
  const { abort_requested } = await fence(db, lease);
  if (lease.verb === 'run' && abort_requested === 1) throw new RunEndedError();
}
