import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { UserId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { SigninKind, SigninProof } from '../store/signin-tables';
import type { Tx } from '../store/store';
import type { User } from '../users/token';
import { SESSION_LIVES } from './limits';

/** A browser or a command line in which somebody is signed in, for that person to recognise. Times in ms UTC. */
export interface SessionShown {
  id: string;
  kind: SigninKind;
  /** What was shown to begin it. */
  proof: SigninProof;
  madeAt: number;
  seenAt: number;
  endsAt: number;
  secondFactorAt: number | null;
  agent: string;
  address: string;
  /** It is the one that asks. */
  current: boolean;
}

/**
 * Somebody's open sessions, the one that was used last first.
 * @param current id of the one that asks
 */
export async function listSessions(
  parts: EngineParts,
  userId: UserId,
  current: string | null,
): Promise<SessionShown[]> {
  const now = parts.clock.now();
  const rows = await parts.store.read
    .selectFrom('signin_sessions')
    .selectAll()
    .where('user_id', '=', userId)
    .where('stage', '=', 'open')
    .where('ends_at', '>', now)
    .orderBy('seen_at', 'desc')
    .orderBy('id')
    .execute();
  return rows
    .filter((row) => row.seen_at > now - SESSION_LIVES[row.kind].idleMs)
    .map((row) => ({
      id: row.id,
      kind: row.kind,
      proof: row.proof,
      madeAt: row.made_at,
      seenAt: row.seen_at,
      endsAt: row.ends_at,
      secondFactorAt: row.second_factor_at,
      agent: row.agent,
      address: row.address,
      current: row.id === current,
    }));
}

/** Ends one of somebody's own sessions. @throws GantryError `no-such-session` */
export async function endOwnSession(parts: EngineParts, user: User, id: string): Promise<void> {
  await parts.store.write(async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('signin_sessions')
      .where('user_id', '=', user.id)
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) {
      throw new GantryError('not-found', 'no-such-session', `you have no session ${id}`, 'see: gantry session list');
    }
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: `user:${user.name}`,
      action: 'session.end',
      object: user.name,
      detail: { session: id },
    });
  });
}

/**
 * Ends all sessions of somebody, and those that a command line has still to fetch, in the transaction of what makes it necessary: they were disabled, their password is
 * another one.
 * @param why for the audit: `the password was changed`
 */
export async function endSessionsOf(
  parts: EngineParts,
  tx: Tx,
  { id, name }: User,
  actor: Actor,
  why: string,
): Promise<void> {
  await tx.deleteFrom('login_requests').where('user_id', '=', id).execute();
  const ended = await tx.deleteFrom('signin_sessions').where('user_id', '=', id).returning(['id', 'stage']).execute();
  const open = ended.filter(({ stage }) => stage === 'open');
  if (open.length === 0) return;
  const detail = { sessions: open.map((session) => session.id), why };
  await recordAudit(parts, tx, { chain: 'system', actor, action: 'session.end', object: name, detail });
}
