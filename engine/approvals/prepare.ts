import { NO_COMMIT } from '../deliveries/accept';
import { findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import type { AppId, DeliveryId, RunId, UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { ReleaseRecord } from '../releases/record';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { insertInto } from '../store/statement';
import type { Tx } from '../store/store';
import type { Identity } from '../users/identities';
import { solo } from '../users/roles';
import { PARTS, type PersonInChange } from './part';
import { holdersOf, identityOf, type PeopleInChange, peopleInChange, personsOf } from './people';
import { demandKnown } from './strangers';

/** A gate that a plan has. */
export interface PlannedGate {
  step: string;
  role: string;
  count: number;
}

/**
 * The commit from which a run's commits are counted: the one in production, else where the ref stood before; null: there
 * is neither.
 */
export async function commitBefore(parts: EngineParts, { app, run }: StepLease): Promise<string | null> {
  const inProduction = await commitInProduction(parts, app.id);
  if (inProduction !== null) return inProduction;
  const row = await parts.store.read
    .selectFrom('runs')
    .select('moved_from')
    .where('id', '=', run.id)
    .executeTakeFirst();
  const from = row?.moved_from ?? NO_COMMIT;
  return from === NO_COMMIT ? null : from;
}

/** Null for a release that was not built: whatever it stands beside, it carries none of the commits. */
async function commitInProduction(parts: EngineParts, app: AppId): Promise<string | null> {
  const traffic = (await findProduction(parts, app))?.traffic;
  const id = traffic === undefined || traffic.stable === null ? null : traffic.lanes[traffic.stable];
  if (id === null) return null;
  const stable = await parts.store.read
    .selectFrom('releases')
    .innerJoin('runs', 'runs.id', 'releases.run_id')
    .select('releases.record')
    .where('releases.id', '=', id as never)
    .where('runs.trigger', '!=', 'release')
    .executeTakeFirst();
  return stable === undefined ? null : (JSON.parse(stable.record) as ReleaseRecord).commit;
}

/**
 * Notes who takes part in what a run carries, and looks whether its gates can ever open.
 * @returns the names of those who do not decide over it
 * @throws GantryError `gate-cannot-open`; LeaseLostError
 */
export async function prepareApprovals(
  parts: EngineParts,
  lease: StepLease,
  { people, gates }: { people: readonly PersonInChange[]; gates: readonly PlannedGate[] },
): Promise<{ excluded: string[] }> {
  const commit = await commitInProduction(parts, lease.app.id);
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const pushers = await pushersOf(tx, lease, commit);
    await note(tx, lease.run.id, [...people, ...pushers]);
    if (await solo(tx)) return { excluded: [] };
    if (gates[0] !== undefined) await demandKnown(tx, gates[0].step, people, await areKnown(tx, pushers));
    const parties = await peopleInChange(tx, lease.run.id);
    for (const gate of gates) await demandDeciders(tx, lease, gate, parties);
    return { excluded: await namesOf(tx, [...parties.keys()]) };
  });
}

const insertPeople = insertInto('run_people');

async function note(tx: Tx, run: RunId, people: readonly PersonInChange[]): Promise<void> {
  const rows = new Map(
    people.map(({ part, kind, name }) => [`${part} ${kind} ${name}`, { run_id: run, part, kind, name }]),
  );
  await tx.deleteFrom('run_people').where('run_id', '=', run).execute();
  await insertPeople(tx, [...rows.values()]);
}

/** Whoever pushed to the ref after the push that brought what is in production; when that is not known, all of them. */
async function pushersOf(tx: Tx, { app, run }: StepLease, commit: string | null): Promise<PersonInChange[]> {
  const pushes = () => tx.selectFrom('deliveries').where('app_id', '=', app.id).where('ref', '=', run.ref);
  const base =
    commit === null
      ? undefined
      : await pushes()
          .select(['id', 'received_at'])
          .where('after', '=', commit)
          .orderBy('received_at')
          .executeTakeFirst();
  const rows = await pushes()
    .select(['source', 'pusher'])
    .distinct()
    .where('received_at', '>=', base?.received_at ?? 0)
    .$if(base !== undefined, (query) => query.where('id', '!=', base?.id as DeliveryId))
    .execute();
  return rows.map(({ source, pusher }) => ({ part: 'pusher', ...pusherOf(source, pusher) }));
}

/** A forge that stands as the pusher of what it told is no user who happens to be called so. */
const pusherOf = (source: string, pusher: string): Identity =>
  pusher === source ? { kind: 'forge', name: pusher } : identityOf(pusher);

async function areKnown(tx: Tx, pushers: readonly PersonInChange[]): Promise<boolean> {
  for (const pusher of pushers) if ((await personsOf(tx, pusher)).length === 0) return false;
  return pushers.length > 0;
}

async function demandDeciders(tx: Tx, { app }: StepLease, gate: PlannedGate, parties: PeopleInChange): Promise<void> {
  const { step, role, count } = gate;
  const holders = await holdersOf(tx, role, app.id);
  const free = holders.filter(({ id }) => !parties.has(id));
  if (free.length >= count) return;
  const barred = holders
    .filter(({ id }) => parties.has(id))
    .map(({ id, name }) => `${name} ${PARTS[parties.get(id) ?? 'author']}`);
  const others = barred.length === 0 ? '' : `; ${barred.join(', ')}`;
  const who = free.length === 0 ? 'nobody may' : `only ${free.map(({ name }) => name).join(', ')} may`;
  const asks = count === 1 ? `a ${role}` : `${count} people with the role ${role}`;
  throw new GantryError(
    'conflict',
    'gate-cannot-open',
    `${step} could never open: it asks for ${asks}, and ${who} decide over this run${others}`,
    `give somebody else the role: gantry role grant NAME ${role} --app ${app.name}`,
  );
}

async function namesOf(tx: Tx, ids: readonly UserId[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await tx.selectFrom('users').select('name').where('id', 'in', ids).orderBy('name').execute();
  return rows.map(({ name }) => name);
}
