import { type AppId, type HookId, newId } from '../model/ids';
import { isBranchOrTag, requestOf } from '../model/ref-name';
import type { EngineParts } from '../parts';
import { demandRoomForHook } from '../runs/room';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';
import type { HookOutcome } from '../store/tables';
import type { Identity } from '../users/identities';

/**
 * A webhook whose signature was checked. Of its body only the name of a ref is used, as a reason to look, and the name of
 * its sender, who does not decide over what they have pushed.
 */
export interface HookReceived {
  appId: AppId;
  forge: string;
  /** The forge's own name of this delivery; the same one again is a redelivery. */
  deliveryId: string;
  /** The forge's own word: `push`. */
  event: string;
  /** What it says has moved; null for every other event. */
  move: { ref: string; after: string } | null;
  /** Whose push or merge it is, as the forge says; left out where it does not. */
  sender?: Identity | undefined;
  /** Why an event that moves nothing is kept, but not followed. */
  ignored: string;
}

export interface HookStored {
  id: HookId;
  /** True for a redelivery: then the first one's outcome is told. */
  known: boolean;
  outcome: HookOutcome;
  reason: string;
  /** Number of the run; null as long as there is none. */
  run: number | null;
}

/**
 * Stores a webhook; when this returns, it is committed and may be answered. A push waits as `pending` until its ref was
 * fetched. A redelivery of one that waits or has failed makes it due at once.
 * @throws GantryError `too-many-runs`: nothing is stored, and the forge is to send it again.
 */
export async function receiveHook(parts: EngineParts, hook: HookReceived): Promise<HookStored> {
  const stored = await parts.store.write((tx) => storeHook(parts, tx, hook));
  await parts.probe('hook-committed', { delivery: hook.deliveryId });
  return stored;
}

/** The same inside a transaction of the caller. */
export async function storeHook(parts: EngineParts, tx: Tx, hook: HookReceived): Promise<HookStored> {
  const known = await findHook(tx, hook);
  if (known !== undefined) return again(tx, known);
  const reason = reasonToIgnore(hook);
  if (reason === '') await demandRoomForHook(parts, tx, await appOf(tx, hook.appId));
  const now = parts.clock.now();
  const row = {
    id: newId<HookId>(parts.clock, parts.random),
    app_id: hook.appId,
    delivery_id: hook.deliveryId,
    forge: hook.forge,
    event: hook.event,
    ref: hook.move?.ref.slice(0, SHOWN_MAX) ?? '',
    after: hook.move?.after ?? '',
    sender: hook.sender === undefined ? null : JSON.stringify(hook.sender),
    received_at: now,
    outcome: reason === '' ? ('pending' as const) : ('ignored' as const),
    reason,
    attempts: 0,
    not_before: AT_ONCE,
    ended_at: reason === '' ? null : now,
    run_id: null,
  };
  await insertHooks(tx, [row]);
  return { id: row.id, known: false, outcome: row.outcome, reason, run: null };
}

/** How much is kept of a name that is not used. */
const SHOWN_MAX = 240;
/** Due by the clock of every web process, also of one that is behind. */
const AT_ONCE = 0;

function reasonToIgnore({ move, ignored }: HookReceived): string {
  if (move === null) return ignored;
  // One that is closed is followed, too: what waits of it ends.
  if (requestOf(move.ref) !== undefined) return '';
  if (!isBranchOrTag(move.ref)) return 'it names neither a branch nor a tag';
  if (/^0+$/.test(move.after)) return `${move.ref} was deleted; nothing to deliver`;
  return '';
}

type Known = Omit<HookStored, 'known'>;

const insertHooks = insertInto('hook_deliveries');

const appById = statement<{ id: AppId }, { id: AppId; name: string }>((db, argument) =>
  db.selectFrom('apps').select(['id', 'name']).where('id', '=', argument('id')),
);

async function appOf(tx: Tx, id: AppId): Promise<{ id: AppId; name: string }> {
  const [app] = await appById(tx, { id });
  if (app === undefined) throw new Error(`app ${id} is gone`);
  return app;
}

const hookByDelivery = statement<Pick<HookReceived, 'appId' | 'deliveryId'>, Known>((db, argument) =>
  db
    .selectFrom('hook_deliveries as h')
    .leftJoin('runs', 'runs.id', 'h.run_id')
    .select(['h.id', 'h.outcome', 'h.reason', 'runs.number as run'])
    .where('h.app_id', '=', argument('appId'))
    .where('h.delivery_id', '=', argument('deliveryId')),
);

async function findHook(tx: Tx, { appId, deliveryId }: HookReceived): Promise<Known | undefined> {
  return (await hookByDelivery(tx, { appId, deliveryId }))[0];
}

async function again(tx: Tx, known: Known): Promise<HookStored> {
  if (known.outcome !== 'pending' && known.outcome !== 'failed') return { ...known, known: true };
  await tx
    .updateTable('hook_deliveries')
    .set({ outcome: 'pending', not_before: AT_ONCE, ended_at: null })
    .where('id', '=', known.id)
    .execute();
  return { ...known, outcome: 'pending', known: true };
}
