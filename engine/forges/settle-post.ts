import { freeLine, type Outcome } from '../outbox/line';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { PostTaken } from './take-post';

/** A place that a forge says it does not have is tried so often. */
const FAILURES_MAX = 5;

/**
 * Says how it went. Whoever comes too late may have shown an older state over a newer one: then what is right is sent
 * once more.
 */
export async function settlePost(parts: EngineParts, taken: PostTaken, outcome: Outcome): Promise<void> {
  const { target, context, version } = taken;
  await parts.store.write(async (tx) => {
    if (!(await freeLine(parts, tx, taken, outcome, `${target} ${context}`))) {
      // Another version: whoever has it in hand now may have sent it before this one arrived.
      await postOf(tx, taken)
        .set((e) => ({ version: e('version', '+', 1) }))
        .execute();
      return;
    }
    if (outcome.kind === 'sent') {
      const remote = outcome.id === undefined ? {} : { remote_id: outcome.id };
      await postOf(tx, taken)
        .set({ sent_version: version, failures: 0, ...remote })
        .execute();
    } else {
      await fail(tx, taken, outcome.kind === 'refused');
    }
  });
}

/** What was changed meanwhile is another thing to send, and not yet refused. */
async function fail(tx: Tx, taken: PostTaken, refused: boolean): Promise<void> {
  const known = await postOf(tx, taken)
    .set((e) => ({ failures: e('failures', '+', 1) }))
    .where('version', '=', taken.version)
    .returning('failures')
    .executeTakeFirst();
  if (!refused || known === undefined || known.failures < FAILURES_MAX) return;
  await postOf(tx, taken).set({ sent_version: taken.version }).execute();
}

const postOf = (tx: Tx, { appId, body, target, context }: PostTaken) =>
  tx
    .updateTable('forge_posts')
    .where('app_id', '=', appId)
    .where('kind', '=', body.kind)
    .where('target', '=', target)
    .where('context', '=', context);
