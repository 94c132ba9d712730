import type { StepId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { statement } from '../store/statement';

const findStep = statement<{ id: string }, { id: StepId }>((db, argument) =>
  db
    .selectFrom('steps')
    .select('id')
    .where('id', '=', argument('id') as StepId),
);

/** Whether there is such a step. Nothing else of a hint is ever believed: what is to be done stands in SQL. */
export async function knowsHint({ store }: EngineParts, { stepId }: Hint): Promise<boolean> {
  return (await findStep(store.read, { id: stepId })).length > 0;
}
