import { type AppFound, appsOfRepository, findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { type AppId, type DeliveryId, newId, type RunId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { ringAll } from '../runs/apply';
import { createRun } from '../runs/create';
import { demandRoom } from '../runs/room';
import type { Tx } from '../store/store';

export interface PushDelivery {
  /** Any app of the repository. */
  app: string;
  /** `git-push`, `refs-loop`, or a forge's name. */
  source: string;
  ref: string;
  before: string;
  after: string;
  /** Who pushed, as the remote knows them. */
  pusher: string;
  /** An instance that does not get healthy is kept this long for a look, ms. */
  keepFailedMs?: number;
  /** Apps of the repository whose folders are the same at `before` and `after`. */
  unchanged?: readonly string[];
}

/** What became of a push for one app. */
export interface Accepted {
  app: string;
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
 * Stores a push and what becomes of it for each app of the repository, in one transaction; when this returns, it is
 * committed. The same push twice (same app, ref, before, after) is one delivery. An app whose folder did not change
 * gets no run, unless it never had one for this ref.
 * @returns the app whose remote it is comes first
 * @throws GantryError `app-unknown`, `too-many-runs`.
 */
export async function acceptPush(parts: EngineParts, push: PushDelivery, actor: Actor): Promise<Accepted[]> {
  const result = await parts.store.write((tx) => acceptIn(parts, tx, push, actor));
  await parts.probe('delivery-committed', { app: push.app, after: push.after });
  await ringAll(parts, result.hints);
  return result.accepted;
}

/** The same inside a transaction of the caller, who rings the hints after the commit. */
export async function acceptIn(
  parts: EngineParts,
  tx: Tx,
  push: PushDelivery,
  actor: Actor,
): Promise<{ accepted: Accepted[]; hints: Hint[] }> {
  const named = await findAppIn(tx, push.app);
  const accepted: Accepted[] = [];
  const hints: Hint[] = [];
  for (const app of await appsOfRepository(tx, named.repository_id ?? named.id)) {
    const one = await acceptFor(parts, tx, app, push, actor);
    accepted.push(one.accepted);
    hints.push(...one.hints);
  }
  return { accepted, hints };
}

async function acceptFor(
  parts: EngineParts,
  tx: Tx,
  app: AppFound,
  push: PushDelivery,
  actor: Actor,
): Promise<{ accepted: Accepted; hints: readonly Hint[] }> {
  const head = await headOf(tx, app.id, push.ref);
  const earlier = await countSame(tx, app.id, push);
  // A ref that stands at `before` again has moved again: forced back, or deleted and made anew. Anything else that
  // was told before is a repetition: a late hook, or the loop that compares refs.
  const known = earlier > 0 && head !== push.before;
  if (known) return { accepted: await findSame(tx, app, push), hints: [] };
  const key = `push:${push.ref}:${push.before}:${push.after}${earlier === 0 ? '' : `:${earlier + 1}`}`;
  const id = newId<DeliveryId>(parts.clock, parts.random);
  const reason = reasonToIgnore(app, push, head);
  const outcome = reason === '' ? 'run' : 'ignored';
  const run = outcome === 'ignored' ? null : await startRun(parts, tx, app, push, actor);
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
      outcome,
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
    detail: { ...push, app: app.name, outcome, run: run?.row.number },
  });
  const accepted: Accepted = {
    app: app.name,
    deliveryId: id,
    known: false,
    outcome,
    reason,
    run: run === null ? null : { id: run.row.id, number: run.row.number },
  };
  return { accepted, hints: run?.hints ?? [] };
}

/** A run that begins with reading the pipeline. */
async function startRun(parts: EngineParts, tx: Tx, app: AppFound, push: PushDelivery, by: Actor) {
  await demandRoom(parts, tx, app);
  return createRun(parts, tx, app, {
    trigger: 'push',
    ref: push.ref,
    commit: push.after,
    title: '',
    author: '',
    startedBy: push.pusher,
    by,
    keepFailedMs: push.keepFailedMs,
    movedFrom: push.before,
    steps: [{ name: 'plan', kind: 'plan', role: 'build', stage: 'build', verb: 'run', spec: {}, timeoutMs: 60_000 }],
  });
}

/** Empty when the push is to be delivered. `head` is what this app has of the ref. */
function reasonToIgnore(app: AppFound, push: PushDelivery, head: string): string {
  if (push.after === NO_COMMIT) return `${push.ref} was deleted; nothing to deliver`;
  const isSame = head !== NO_COMMIT && head === push.before && push.unchanged?.includes(app.name) === true;
  return isSame ? `nothing changed in ${app.path}` : '';
}

async function countSame(tx: Tx, appId: AppId, push: PushDelivery): Promise<number> {
  const row = await tx
    .selectFrom('deliveries')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('app_id', '=', appId)
    .where('ref', '=', push.ref)
    .where('before', '=', push.before)
    .where('after', '=', push.after)
    .executeTakeFirstOrThrow();
  return Number(row.n);
}

/** The last delivered commit of a ref; `NO_COMMIT` when there is none. */
export async function headOf(tx: Tx, appId: AppId, ref: string): Promise<string> {
  const row = await tx
    .selectFrom('ref_heads')
    .select('commit')
    .where('app_id', '=', appId)
    .where('ref', '=', ref)
    .executeTakeFirst();
  return row?.commit ?? NO_COMMIT;
}

/** The newest delivery of this very move, with its outcome. */
async function findSame(tx: Tx, app: AppFound, push: PushDelivery): Promise<Accepted> {
  const row = await tx
    .selectFrom('deliveries')
    .leftJoin('runs', 'runs.id', 'deliveries.run_id')
    .select(['deliveries.id', 'deliveries.outcome', 'deliveries.reason', 'runs.id as run_id', 'runs.number'])
    .where('deliveries.app_id', '=', app.id)
    .where('deliveries.ref', '=', push.ref)
    .where('deliveries.before', '=', push.before)
    .where('deliveries.after', '=', push.after)
    .orderBy('deliveries.id', 'desc')
    .executeTakeFirstOrThrow();
  return {
    app: app.name,
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
