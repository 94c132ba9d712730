import { sql } from 'kysely';
import { appsOfRepository } from '../apps/find';
import type { AppId, HookId } from '../model/ids';
import type { Tx } from '../store/store';
import { type Identity, identityOf } from '../users/identities';

/** A hook that still waits, with whose push it tells of. */
export interface WaitingHook {
  forge: string;
  sender: string | null;
}

/** The hooks of these that still wait: another process may have been faster. */
export const stillWaiting = (tx: Tx, hooks: readonly HookId[]): Promise<WaitingHook[]> =>
  tx
    .selectFrom('hook_deliveries')
    .select(['forge', 'sender'])
    .where('id', 'in', hooks)
    .where('outcome', '=', sql.lit('pending' as const))
    .execute();

/** Everybody whose pushes these hooks tell of; a hook that does not say stands for somebody nobody knows. */
export function sendersOf(hooks: readonly WaitingHook[]): Identity[] {
  if (hooks.every(({ sender }) => sender === null)) return [];
  return distinct(
    hooks.map(({ forge, sender }) => (sender === null ? nobody(forge) : (JSON.parse(sender) as Identity))),
  );
}

/** Who has pushed what a delivery brought. */
export function pushersOf({ source, pusher, senders }: Pushed): Identity[] {
  if (senders !== null) return JSON.parse(senders) as Identity[];
  // A forge that stands as the pusher of what it told is no user who happens to be called so.
  return [pusher === source ? nobody(pusher) : identityOf(pusher)];
}

export interface Pushed {
  source: string;
  pusher: string;
  senders: string | null;
}

/** Links nobody: such a kind is none by which people are known. */
const nobody = (forge: string): Identity => ({ kind: 'forge', name: forge });

const distinct = (all: readonly Identity[]): Identity[] => [
  ...new Map(all.map((one) => [`${one.kind} ${one.name}`, one])).values(),
];

/**
 * A hook that comes after its push was delivered, by a look at the source perhaps, still says whose push it was: they
 * took part in every run of the ref since.
 */
export async function addSenders(
  tx: Tx,
  app: AppId,
  { ref, after, senders }: { ref: string; after: string; senders: readonly Identity[] },
): Promise<void> {
  const said = senders.filter(({ kind }) => kind !== 'forge');
  if (said.length === 0) return;
  const delivery = await tx
    .selectFrom('deliveries')
    .select(['id', 'source', 'pusher', 'senders', 'received_at', 'run_id'])
    .where('app_id', '=', app)
    .where('ref', '=', ref)
    .where('after', '=', after)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (delivery === undefined) return;
  const all = JSON.stringify(distinct([...pushersOf(delivery), ...said]));
  if (all === delivery.senders) return;
  await tx.updateTable('deliveries').set({ senders: all }).where('id', '=', delivery.id).execute();
  const runs = await tx
    .selectFrom('runs')
    .select('id')
    .where('app_id', '=', app)
    .where('ref', '=', ref)
    .where('ended_at', 'is', null)
    .where((e) => e.or([e('id', '=', delivery.run_id), e('created_at', '>=', delivery.received_at)]))
    .execute();
  const people = runs.flatMap(({ id }) => said.map((one) => ({ run_id: id, part: 'pusher' as const, ...one })));
  if (people.length === 0) return;
  await tx
    .insertInto('run_people')
    .values(people)
    .onConflict((c) => c.doNothing())
    .execute();
}

/** The same for each app of the repository. */
export async function addSendersOf(tx: Tx, owner: AppId, told: Parameters<typeof addSenders>[2]): Promise<void> {
  if (told.senders.length === 0) return;
  for (const { id } of await appsOfRepository(tx, owner)) await addSenders(tx, id, told);
}
