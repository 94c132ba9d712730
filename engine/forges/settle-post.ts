import { freeLine, type Outcome, plain } from '../outbox/line';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { PostTaken } from './take-post';

/** What a forge refuses at a place, for example since it does not have it, is tried so often. */
const TRIES = 5;
/** Before the second try; four times as long before each one that follows, ms. */
const AGAIN_MS = 10_000;
const AGAIN_MAX_MS = 10 * 60_000;

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
        .set({ sent_version: version, failures: 0, not_before: 0, trouble: '', trouble_at: null, ...remote })
        .execute();
    } else {
      await fail(tx, taken, outcome, parts.clock.now());
    }
  });
}

/**
 * What was changed meanwhile is another thing to send, and not yet refused. A forge that is away has refused nothing: the
 * place stands behind the others, and its tries are not used up.
 */
async function fail(tx: Tx, taken: PostTaken, { kind, reason }: Failed, now: number): Promise<void> {
  const told = { trouble: plain(reason), trouble_at: now };
  const place = () => postOf(tx, taken).where('version', '=', taken.version);
  if (kind === 'later') {
    await place()
      .set({ ...told, not_before: now })
      .execute();
    return;
  }
  const known = await place()
    .set((e) => ({ ...told, failures: e('failures', '+', 1) }))
    .returning('failures')
    .executeTakeFirst();
  if (known === undefined) return;
  const given =
    known.failures < TRIES ? { not_before: now + againMs(known.failures) } : { sent_version: taken.version };
  await place().set(given).execute();
}

type Failed = Exclude<Outcome, { kind: 'sent' }>;

const againMs = (failures: number): number => Math.min(AGAIN_MS * 4 ** (failures - 1), AGAIN_MAX_MS);

const postOf = (tx: Tx, { appId, body, target, context }: PostTaken) =>
  tx
    .updateTable('forge_posts')
    .where('app_id', '=', appId)
    .where('kind', '=', body.kind)
    .where('target', '=', target)
    .where('context', '=', context);
