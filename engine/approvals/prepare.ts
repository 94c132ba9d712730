import { GantryError } from '../model/errors';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';
import { solo } from '../users/roles';
import type { Beyond } from './beyond';
import { demandNoStranger, notePeople } from './note-people';
import { PARTS, type PersonInChange } from './part';
import { holdersOf, type PeopleInChange, peopleInChange } from './people';

/** A gate that a plan has. */
export interface PlannedGate {
  step: string;
  role: string;
  count: number;
}

/**
 * Notes who takes part in what a run carries, and looks whether its gates can ever open.
 * @returns the names of those who do not decide over it
 * @throws GantryError `gate-cannot-open`; LeaseLostError
 */
export async function prepareApprovals(
  parts: EngineParts,
  lease: StepLease,
  { people, gates, beyond }: { people: readonly PersonInChange[]; gates: readonly PlannedGate[]; beyond: Beyond },
): Promise<{ excluded: string[] }> {
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const { app, run } = lease;
    const pushers = await notePeople(tx, { app: app.id, run: run.id, ref: run.ref, beyond, people });
    if (await solo(tx)) return { excluded: [] };
    if (gates[0] !== undefined) await demandNoStranger(tx, gates[0].step, people, pushers);
    const parties = await peopleInChange(tx, lease.run.id);
    for (const gate of gates) await demandDeciders(tx, lease, gate, parties);
    return { excluded: await namesOf(tx, [...parties.keys()]) };
  });
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
