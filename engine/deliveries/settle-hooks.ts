import { sql } from 'kysely';
import type { AppId, HookId, RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import { ringAll } from '../runs/apply';
import type { Tx } from '../store/store';
import type { HookOutcome } from '../store/tables';
import { acceptIn, headOf } from './accept';
import { addSendersOf, sendersOf, stillWaiting } from './senders';

export interface Fetched {
  /** The app whose remote it is. */
  app: { id: AppId; name: string };
  forge: string;
  ref: string;
  /** Where the ref stands now in the app's repository. */
  head: string;
  /** What was delivered of the ref before it was fetched. */
  since: string;
  /** Apps whose folders are the same at `head` as at `since`. */
  unchanged: readonly string[];
  /** The hooks that were waiting when the fetch began. */
  hooks: readonly HookId[];
}

/**
 * Ends hooks whose ref was fetched: its head becomes a delivery with a run, unless it was delivered already (by another
 * hook, by a push, by the loop that compares refs). All in one transaction, so that a kill before it changes nothing
 * and a kill after it nothing more. When something else was delivered of the ref meanwhile, what was fetched may be the
 * older one: nothing ends, and it is to be fetched again.
 * @returns the number of the run that carries the head; null when there is none.
 */
export async function settleHooks(parts: EngineParts, fetched: Fetched): Promise<number | null> {
  const { app, forge, ref, head, since, unchanged } = fetched;
  const { run, hints } = await parts.store.write(async (tx) => {
    const waiting = await stillWaiting(tx, fetched.hooks);
    if (waiting.length === 0) return { run: null, hints: [] };
    const senders = sendersOf(waiting);
    const before = await headOf(tx, app.id, ref);
    if (before === head) {
      await addSendersOf(tx, app.id, { ref, after: head, senders });
      const run = await runOf(tx, app.id, ref, head);
      await endHooksIn(
        parts,
        tx,
        fetched.hooks,
        'known',
        `${ref} stands at ${head.slice(0, 12)} already`,
        run?.id ?? null,
      );
      return { run: run?.number ?? null, hints: [] };
    }
    if (before !== since) return { run: null, hints: [] };
    const told = { app: app.name, source: forge, ref, before, after: head, pusher: forge, unchanged };
    const push = senders.length === 0 ? told : { ...told, senders };
    const { accepted, hints } = await acceptIn(parts, tx, push, `forge:${forge}`);
    // A hook names one run: its app's own, or the first of the others of the repository.
    const first = accepted.find(({ run }) => run !== null)?.run ?? null;
    const reason = first === null ? accepted.map((one) => one.reason).join('; ') : '';
    await endHooksIn(
      parts,
      tx,
      fetched.hooks,
      first === null ? 'ignored' : 'run',
      reason,
      (first?.id ?? null) as RunId | null,
    );
    return { run: first?.number ?? null, hints };
  });
  await ringAll(parts, hints);
  return run;
}

/** Ends hooks without a run. */
export async function endHooks(
  parts: EngineParts,
  hooks: readonly HookId[],
  outcome: 'ignored' | 'failed',
  reason: string,
): Promise<void> {
  await parts.store.write(async (tx) => {
    await endHooksIn(parts, tx, hooks, outcome, reason, null);
    if (outcome === 'failed') await lookAgain(tx, hooks);
  });
}

/** What was not fetched in the end is found anew by the next look that the source answers. */
async function lookAgain(tx: Tx, hooks: readonly HookId[]): Promise<void> {
  const failed = await tx.selectFrom('hook_deliveries').select(['app_id', 'ref']).where('id', 'in', hooks).execute();
  for (const { app_id, ref } of failed) {
    await tx.deleteFrom('source_heads').where('app_id', '=', app_id).where('ref', '=', ref).execute();
  }
}

/** Keeps hooks waiting, with what went wrong, until `notBefore`. */
export async function postponeHooks(
  parts: EngineParts,
  hooks: readonly HookId[],
  reason: string,
  notBefore: number,
): Promise<void> {
  await parts.store.write((tx) =>
    tx
      .updateTable('hook_deliveries')
      .set((e) => ({ reason, not_before: notBefore, attempts: e('attempts', '+', 1) }))
      .where('id', 'in', hooks)
      .where('outcome', '=', sql.lit('pending' as const))
      .execute(),
  );
}

/** Whether something still waits: another process may have been faster. */
export const isAnyPending = async (tx: Tx, hooks: readonly HookId[]): Promise<boolean> =>
  (await stillWaiting(tx, hooks)).length > 0;

function runOf(tx: Tx, appId: AppId, ref: string, head: string): Promise<{ id: RunId; number: number } | undefined> {
  return tx
    .selectFrom('deliveries')
    .innerJoin('runs', 'runs.id', 'deliveries.run_id')
    .select(['runs.id', 'runs.number'])
    .where('deliveries.app_id', '=', appId)
    .where('deliveries.ref', '=', ref)
    .where('deliveries.after', '=', head)
    .orderBy('deliveries.id', 'desc')
    .executeTakeFirst();
}

/** Ends those that still wait, in a transaction of the caller. */
export async function endHooksIn(
  parts: EngineParts,
  tx: Tx,
  hooks: readonly HookId[],
  outcome: HookOutcome,
  reason: string,
  run: RunId | null,
): Promise<void> {
  await tx
    .updateTable('hook_deliveries')
    .set({ outcome, reason, run_id: run, ended_at: parts.clock.now() })
    .where('id', 'in', hooks)
    .where('outcome', '=', sql.lit('pending' as const))
    .execute();
}
