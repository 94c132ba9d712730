import type { ApprovalId, RunId } from '../model/ids';
import type { StepState } from '../model/states';
import { nowOf } from '../store/now';
import type { Reader } from '../store/store';
import type { Tables } from '../store/tables';
import { userNamed } from '../users/find';
import { solo } from '../users/roles';
import { isNotedBeyond } from './beyond';
import { boundOf } from './bound';
import type { GateFacts, Standing, Voice } from './judge';
import { type PeopleInChange, peopleInChange, standingOf } from './people';

/** A gate's question, with what is around it. */
export type Gate = Tables['approvals'] & {
  app: string;
  number: number;
  step: string;
  stage: string;
  step_state: StepState;
};

/** Gates with what people call them; narrow it down. */
export const gates = (db: Reader) =>
  db
    .selectFrom('approvals')
    .innerJoin('apps', 'apps.id', 'approvals.app_id')
    .innerJoin('runs', 'runs.id', 'approvals.run_id')
    .innerJoin('steps', 'steps.id', 'approvals.step_id')
    .selectAll('approvals')
    .select(['apps.name as app', 'runs.number', 'steps.name as step', 'steps.stage', 'steps.state as step_state']);

/** What is decided by, and who is who. */
export interface GateRead {
  facts: GateFacts;
  people: PeopleInChange;
}

/** Reads everything that a decision at a gate depends on, in the transaction that writes what was decided. */
export async function readGate(db: Reader, gate: Gate): Promise<GateRead> {
  const people = await peopleInChange(db, gate.run_id);
  const { bound, hash: boundNow } = await boundOf(db, gate.run_id, gate.stage);
  const facts: GateFacts = {
    state: gate.state,
    step: gate.step,
    role: gate.role,
    count: gate.count,
    boundHash: gate.bound_hash,
    boundNow,
    arePeopleKnown: await isNotedBeyond(db, gate.run_id, bound.beyond),
    releaseHash: gate.release_hash,
    expiresAt: gate.expires_at,
    now: await nowOf(db),
    solo: await solo(db),
    voices: await voicesAt(db, gate, people),
  };
  return { facts, people };
}

async function voicesAt(db: Reader, gate: Gate, people: PeopleInChange): Promise<Voice[]> {
  const votes = await db
    .selectFrom('approval_votes')
    .leftJoin('users', 'users.name', 'approval_votes.user')
    .select(['approval_votes.user', 'approval_votes.vote', 'approval_votes.broke_glass', 'users.id'])
    .where('approval_votes.approval_id', '=', gate.id)
    .orderBy('approval_votes.at')
    .execute();
  const voices: Voice[] = [];
  for (const { user, vote, broke_glass, id } of votes) {
    voices.push({
      user,
      vote,
      brokeGlass: broke_glass === 1,
      ...(await standingOf(db, id ?? undefined, gate, people)),
    });
  }
  return voices;
}

/** What somebody is to the gate, by name. */
export async function standingAt(db: Reader, name: string, gate: Gate, people: PeopleInChange): Promise<Standing> {
  return standingOf(db, await userNamed(db, name), gate, people);
}

/** The approvals of a run that were granted and are not used yet, in the order of their gates. */
export const unusedGates = (db: Reader, run: RunId): Promise<Gate[]> =>
  gates(db)
    .where('approvals.run_id', '=', run)
    .where('approvals.state', '=', 'granted')
    .orderBy('steps.position')
    .execute();

export const gateById = (db: Reader, id: ApprovalId): Promise<Gate> =>
  gates(db).where('approvals.id', '=', id).executeTakeFirstOrThrow();
