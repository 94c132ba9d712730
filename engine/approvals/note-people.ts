import { pushersOf } from '../deliveries/senders';
import type { AppId, DeliveryId, RunId } from '../model/ids';
import { insertInto } from '../store/statement';
import type { Tx } from '../store/store';
import type { Identity } from '../users/identities';
import type { Beyond } from './beyond';
import type { PersonInChange } from './part';
import { personsOf } from './people';
import { demandKnown } from './strangers';

export interface PeopleRead {
  app: AppId;
  run: RunId;
  ref: string;
  beyond: Beyond;
  /** Who wrote the commits beyond it. */
  people: readonly PersonInChange[];
}

const insertPeople = insertInto('run_people');

/** Notes who took part in what a run carries beyond a release, and nobody else any more. @returns who pushed it */
export async function notePeople(tx: Tx, read: PeopleRead): Promise<PersonInChange[]> {
  const { run, beyond } = read;
  const pushers = await pushersSince(tx, read);
  const rows = new Map(
    [...read.people, ...pushers].map(({ part, kind, name }) => [
      `${part} ${kind} ${name}`,
      { run_id: run, part, kind, name },
    ]),
  );
  await tx.deleteFrom('run_people').where('run_id', '=', run).execute();
  await insertPeople(tx, [...rows.values()]);
  await tx
    .insertInto('people_noted')
    .values({ run_id: run, beyond: beyond.hash })
    .onConflict((c) => c.column('run_id').doUpdateSet({ beyond: beyond.hash }))
    .execute();
  return pushers;
}

/** Whoever pushed to the ref after the push that brought what is in production; when that is not known, all of them. */
async function pushersSince(tx: Tx, { app, ref, beyond }: PeopleRead): Promise<PersonInChange[]> {
  const pushes = () => tx.selectFrom('deliveries').where('app_id', '=', app).where('ref', '=', ref);
  const base =
    beyond.commit === null
      ? undefined
      : await pushes()
          .select(['id', 'received_at'])
          .where('after', '=', beyond.commit)
          .orderBy('received_at')
          .executeTakeFirst();
  const rows = await pushes()
    .select(['source', 'pusher', 'senders'])
    .distinct()
    .where('received_at', '>=', base?.received_at ?? 0)
    .$if(base !== undefined, (query) => query.where('id', '!=', base?.id as DeliveryId))
    .execute();
  return rows.flatMap((row) => pushersOf(row)).map((who) => ({ part: 'pusher', ...who }));
}

/** @throws GantryError `gate-cannot-open`: somebody of whom nothing is known may decide over what they wrote */
export async function demandNoStranger(
  tx: Tx,
  gate: string,
  people: readonly PersonInChange[],
  pushers: readonly PersonInChange[],
): Promise<void> {
  const pusher = await strangerAmong(tx, pushers);
  if (pusher !== undefined) await demandKnown(tx, gate, people, pusher);
}

/** One of the pushers who is linked to nobody; `none`: it is not known that anybody pushed. */
async function strangerAmong(tx: Tx, pushers: readonly PersonInChange[]): Promise<Identity | 'none' | undefined> {
  for (const pusher of pushers) if ((await personsOf(tx, pusher)).length === 0) return pusher;
  return pushers.length > 0 ? undefined : 'none';
}
