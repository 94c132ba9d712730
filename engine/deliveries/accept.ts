import { type AppFound, appsOfRepository, findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { type AppId, type DeliveryId, newId, type RunId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { ringAll } from '../runs/apply';
import { createRun } from '../runs/create';
import { PLAN_FIRST } from '../runs/plan-first';
import { demandRoom } from '../runs/room';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { Identity } from '../users/identities';
import { addSenders } from './senders';

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
  /** Who pushed, as a forge says; without them it is `pusher`. */
  senders?: readonly Identity[];
  /** An instance that does not get healthy is kept this long for a look, ms. */
  keepFailedMs?: number;
  /** Apps of the repository whose folders are the same at `before` and `after`. */
  unchanged?: readonly string[];
  /**
   * Nobody told it: it was found by comparing refs with what `app` had of them, which was `before`. When that has more by
   * now, somebody told it meanwhile, and nothing is accepted.
   */
  found?: boolean;
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

const insertDeliveries = insertInto('deliveries');

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
  if (push.found === true && (await headOf(tx, named.id, push.ref)) !== push.before) return { accepted: [], hints: [] };
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
  // Whoever found it has told it from another commit than the late hook does, but the ref stands where it should.
  const stands =
    head === push.after && head !== NO_COMMIT ? await findSame(tx, app, { ...push, before: null }) : undefined;
  if (stands !== undefined) return knownBefore(tx, app, push, stands);
  const earlier = await countSame(tx, app.id, push);
  // A ref that stands at `before` again has moved again: forced back, or deleted and made anew. Anything else that
  // was told before is a repetition: a late hook, or the loop that compares refs.
  const known = earlier > 0 && head !== push.before;
  const same = known ? await findSame(tx, app, push) : undefined;
  if (same !== undefined) return knownBefore(tx, app, push, same);
  const key = `push:${push.ref}:${push.before}:${push.after}${earlier === 0 ? '' : `:${earlier + 1}`}`;
  const id = newId<DeliveryId>(parts.clock, parts.random);
  const reason = reasonToIgnore(app, push, head);
  const outcome = reason === '' ? 'run' : 'ignored';
  const run = outcome === 'ignored' ? null : await startRun(parts, tx, app, push, actor);
  const { source, ref, before, after, pusher } = push;
  const told = { id, app_id: app.id, key, source, ref, before, after, pusher, received_at: parts.clock.now() };
  const senders = push.senders === undefined ? null : JSON.stringify(push.senders);
  const run_id = run === null ? null : (run.row.id as RunId);
  await insertDeliveries(tx, [{ ...told, senders, outcome, reason, run_id }]);
  if (head === push.before || !(await wentOn(tx, app.id, push))) await noteHead(parts, tx, app.id, push);
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

async function knownBefore(tx: Tx, app: AppFound, push: PushDelivery, accepted: Accepted) {
  await addSenders(tx, app.id, { senders: [], ...push });
  return { accepted, hints: [] };
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
    steps: PLAN_FIRST,
  });
}

/** Empty when the push is to be delivered. `head` is what this app has of the ref. */
function reasonToIgnore(app: AppFound, push: PushDelivery, head: string): string {
  if (push.after === NO_COMMIT) return `${push.ref} was deleted; nothing to deliver`;
  const isSame = head !== NO_COMMIT && head === push.before && push.unchanged?.includes(app.name) === true;
  return isSame ? `nothing changed in ${app.path}` : '';
}

async function countSame(tx: Tx, app: AppId, { ref, before, after }: PushDelivery): Promise<number> {
  return Number((await sameMoves(tx, { app, ref, before, after }))[0]?.n ?? 0);
}
const sameMoves = statement<{ app: AppId; ref: string; before: string; after: string }, { n: number }>((db, argument) =>
  db
    .selectFrom('deliveries')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('app_id', '=', argument('app'))
    .where('ref', '=', argument('ref'))
    .where('before', '=', argument('before'))
    .where('after', '=', argument('after')),
);

/** The last delivered commit of a ref; `NO_COMMIT` when there is none. */
export async function headOf(tx: Tx, app: AppId, ref: string): Promise<string> {
  return (await refHead(tx, { app, ref }))[0]?.commit ?? NO_COMMIT;
}
const refHead = statement<{ app: AppId; ref: string }, { commit: string }>((db, argument) =>
  db.selectFrom('ref_heads').select('commit').where('app_id', '=', argument('app')).where('ref', '=', argument('ref')),
);

/** Whether a later move of the ref, away from where this one leads, was told before it. A deleted one is made anew. */
async function wentOn(tx: Tx, appId: AppId, { ref, after }: PushDelivery): Promise<boolean> {
  if (after === NO_COMMIT) return false;
  const later = await tx
    .selectFrom('deliveries')
    .select('id')
    .where('app_id', '=', appId)
    .where('ref', '=', ref)
    .where('before', '=', after)
    .limit(1)
    .executeTakeFirst();
  return later !== undefined;
}

/** The newest delivery of this very move, or of one from anywhere, with its outcome. */
async function findSame(
  tx: Tx,
  app: AppFound,
  { ref, before, after }: { ref: string; before: string | null; after: string },
): Promise<Accepted | undefined> {
  const row = await tx
    .selectFrom('deliveries')
    .leftJoin('runs', 'runs.id', 'deliveries.run_id')
    .select(['deliveries.id', 'deliveries.outcome', 'deliveries.reason', 'runs.id as run_id', 'runs.number'])
    .where('deliveries.app_id', '=', app.id)
    .where('deliveries.ref', '=', ref)
    .where('deliveries.after', '=', after)
    .$if(before !== null, (query) => query.where('deliveries.before', '=', before ?? ''))
    .orderBy('deliveries.id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
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
async function noteHead(parts: EngineParts, tx: Tx, app: AppId, { ref, after }: PushDelivery): Promise<void> {
  await writeHead(tx, { app, ref, commit: after, now: parts.clock.now() });
}
const writeHead = statement<{ app: AppId; ref: string; commit: string; now: number }, unknown>((db, argument) => {
  const [commit, seen_at] = [argument('commit'), argument('now')];
  return db
    .insertInto('ref_heads')
    .values({ app_id: argument('app'), ref: argument('ref'), commit, seen_at })
    .onConflict((c) => c.columns(['app_id', 'ref']).doUpdateSet({ commit, seen_at }));
});
