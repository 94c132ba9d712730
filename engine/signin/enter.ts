import type { EngineParts } from '../parts';
import type { SigninProof, SigninStage } from '../store/signin-tables';
import type { Reader, Tx } from '../store/store';
import { may } from '../users/actions';
import { rolesByScope, solo } from '../users/roles';
import type { User } from '../users/token';
import { beginSession, type SessionBegun, type SessionWanted } from './session';

export type Client = Pick<SessionWanted, 'agent' | 'address'>;

/** Begins the session of somebody who has shown who they are; what is still missing is its stage. */
export async function enter(
  parts: EngineParts,
  tx: Tx,
  user: User,
  { proof, ...client }: Client & { proof: SigninProof },
): Promise<SessionBegun> {
  const stage = await stageFor(tx, user);
  return beginSession(parts, tx, { user, kind: 'browser', proof, stage, ...client });
}

/** Whoever has a second factor shows it; whoever may approve must have one, once there is anybody to approve for. */
async function stageFor(db: Reader, { id }: User): Promise<SigninStage> {
  if (await hasSecondFactor(db, id)) return 'code';
  const held = [...(await rolesByScope(db, id)).values()];
  const approves = held.some((roles) => may(roles, 'approve'));
  return approves && !(await solo(db)) ? 'enrol' : 'open';
}

export async function hasSecondFactor(db: Reader, userId: User['id']): Promise<boolean> {
  const row = await db
    .selectFrom('second_factors')
    .select('proven_at')
    .where('user_id', '=', userId)
    .where('proven_at', 'is not', null)
    .executeTakeFirst();
  return row !== undefined;
}
