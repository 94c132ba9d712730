import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import { type DeliveryId, newId, type RunId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { ringAll } from '../runs/apply';
import { createRun } from '../runs/create';
import type { Tx } from '../store/store';

export interface PushDelivery {
  app: string;
  /** `git-push`, `refs-loop`, later a forge's name. */
  source: string;
  ref: string;
  before: string;
  after: string;
  /** Who pushed, as the remote knows them. */
  pusher: string;
}

export interface Accepted {
  deliveryId: string;
  /** True when this very delivery was known already; then the first one's outcome is told. */
  known: boolean;
  outcome: 'run' | 'ignored';
  reason: string;
  run: { id: string; number: number } | null;
}

/** Git's "no commit": the ref was made or deleted. */
export const NO_COMMIT = '0'.repeat(40);

/**
 * Stores a push and what becomes of it, in one transaction; when this returns, it is committed. The same push twice
 * (same app, ref, before, after) is one delivery.
 * @throws GantryError `app-unknown`.
 */
export async function acceptPush(parts: EngineParts, push: PushDelivery, actor: Actor): Promise<Accepted> {
  const result = await parts.store.write(async (tx) => {
    const app = await tx.selectFrom('apps').selectAll().where('name', '=', push.app).executeTakeFirst();
    if (app === undefined) throw unknownApp(push.app);
    const key = `push:${push.ref}:${push.before}:${push.after}`;
    const known = await findKnown(tx, app.id, key);
    if (known !== undefined) return { accepted: known, hints: [] };
    const id = newId<DeliveryId>(parts.clock, parts.random);
    const deleted = push.after === NO_COMMIT;
    const run = deleted
      ? null
      : await createRun(parts, tx, app, {
          trigger: 'push',
          ref: push.ref,
          commit: push.after,
          title: '',
          author: '',
          startedBy: push.pusher,
          steps: [
            { name: 'plan', kind: 'plan', role: 'build', stage: 'build', verb: 'run', spec: {}, timeoutMs: 60_000 },
          ],
        });
    const reason = deleted ? `${push.ref} was deleted; nothing to deliver` : '';
    await tx
      .insertInto('deliveries')
      .values({
        id,
        app_id: app.id,
        key,
        source: push.source,
        ref: push.ref,
        before: push.before,
        after: push.after,
        pusher: push.pusher,
        received_at: parts.clock.now(),
        outcome: deleted ? 'ignored' : 'run',
        reason,
        run_id: run === null ? null : (run.row.id as RunId),
      })
      .execute();
    await noteHead(parts, tx, app.id, push);
    await emit(parts, tx, { app: app.id, run: run?.row.id ?? null, type: 'delivery', data: { ref: push.ref, reason } });
    await recordAudit(parts, tx, {
      chain: app.name,
      actor,
      action: 'delivery.accept',
      object: `${app.name} ${push.ref}`,
      detail: { ...push, outcome: deleted ? 'ignored' : 'run', run: run?.row.number },
    });
    const accepted: Accepted = {
      deliveryId: id,
      known: false,
      outcome: deleted ? 'ignored' : 'run',
      reason,
      run: run === null ? null : { id: run.row.id, number: run.row.number },
    };
    return { accepted, hints: run?.hints ?? [] };
  });
  await parts.probe('delivery-committed', { app: push.app, after: push.after });
  await ringAll(parts, result.hints);
  return result.accepted;
}

export function unknownApp(name: string): GantryError {
  return new GantryError('not-found', 'app-unknown', `there is no app "${name}"`, `make it: gantry app create ${name}`);
}

async function findKnown(tx: Tx, appId: string, key: string): Promise<Accepted | undefined> {
  const row = await tx
    .selectFrom('deliveries')
    .leftJoin('runs', 'runs.id', 'deliveries.run_id')
    .select(['deliveries.id', 'deliveries.outcome', 'deliveries.reason', 'runs.id as run_id', 'runs.number'])
    .where('deliveries.app_id', '=', appId as never)
    .where('deliveries.key', '=', key)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  return {
    deliveryId: row.id,
    known: true,
    outcome: row.outcome,
    reason: row.reason,
    run: row.run_id === null ? null : { id: row.run_id, number: row.number ?? 0 },
  };
}

/** The last commit of each ref that was delivered: the loop that looks for missed pushes compares with it. */
async function noteHead(parts: EngineParts, tx: Tx, appId: never | string, push: PushDelivery): Promise<void> {
  const row = { app_id: appId as never, ref: push.ref, commit: push.after, seen_at: parts.clock.now() };
  await tx
    .insertInto('ref_heads')
    .values(row)
    .onConflict((c) => c.columns(['app_id', 'ref']).doUpdateSet({ commit: row.commit, seen_at: row.seen_at }))
    .execute();
}
