import { findProduction } from '../environments/find';
import { GantryError } from '../model/errors';
import type { RunId, UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { ReleaseRecord } from '../releases/record';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { insertInto } from '../store/statement';
import type { Tx } from '../store/store';
import type { PartInChange } from '../store/tables';
import type { Identity } from '../users/identities';
import { solo } from '../users/roles';
import { PARTS } from './part';
import { holdersOf, identityOf, type PeopleInChange, peopleInChange } from './people';

/** Somebody who took part in what a run carries. */
export type PersonInChange = Identity & { part: PartInChange };

/** A gate that a plan has. */
export interface PlannedGate {
  step: string;
  role: string;
  count: number;
}

/** The commit that is in production, to which a run's commits are counted from; null: there is none. */
export async function commitInProduction(parts: EngineParts, { app }: StepLease): Promise<string | null> {
  const stable = await stableRelease(parts, app.id);
  return stable === undefined ? null : (JSON.parse(stable.record) as ReleaseRecord).commit;
}

async function stableRelease(parts: EngineParts, app: StepLease['app']['id']) {
  const traffic = (await findProduction(parts, app))?.traffic;
  const id = traffic === undefined || traffic.stable === null ? null : traffic.lanes[traffic.stable];
  if (id === null) return undefined;
  return parts.store.read
    .selectFrom('releases')
    .select(['record', 'created_at'])
    .where('id', '=', id as never)
    .executeTakeFirst();
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
  const since = (await stableRelease(parts, lease.app.id))?.created_at ?? 0;
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    await note(tx, lease.run.id, [...people, ...(await pushersOf(tx, lease, since))]);
    if (await solo(tx)) return { excluded: [] };
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

/** Whoever pushed to the ref since the release that is in production was made. */
async function pushersOf(tx: Tx, { app, run }: StepLease, since: number): Promise<PersonInChange[]> {
  const rows = await tx
    .selectFrom('deliveries')
    .select('pusher')
    .distinct()
    .where('app_id', '=', app.id)
    .where('ref', '=', run.ref)
    .where('received_at', '>=', since)
    .execute();
  return rows.map(({ pusher }) => ({ part: 'pusher', ...identityOf(pusher) }));
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
