import type { MessageId } from '../model/ids';
import type { EngineParts } from '../parts';
import { freeLine, type Outcome } from './line';
import { noteDropped } from './put';
import type { MessageTaken } from './take-message';

/** Says how a delivery went. What came too late changes nothing: the message is, or was, somebody else's. */
export async function settleMessage(parts: EngineParts, taken: MessageTaken, outcome: Outcome): Promise<void> {
  await parts.store.write(async (tx) => {
    if (!(await freeLine(parts, tx, taken, outcome, taken.id))) return;
    if (outcome.kind === 'later') return;
    await tx
      .deleteFrom('outbox')
      .where('id', '=', taken.id as MessageId)
      .execute();
    if (outcome.kind === 'refused') await noteDropped(tx, taken.channel, 1);
  });
}
