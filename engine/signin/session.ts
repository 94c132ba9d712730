import { recordAudit } from '../audit/record';
import { sha256 } from '../model/hash';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { SigninKind, SigninProof, SigninStage } from '../store/signin-tables';
import type { Tx } from '../store/store';
import { AGENT_MAX, HALF_SESSION_MS, SESSION_LIVES, SESSIONS_MAX } from './limits';

/** Whose browser or command line it is, and what it has shown. */
export interface SessionWanted {
  user: { id: UserId; name: string };
  kind: SigninKind;
  proof: SigninProof;
  /** Default: `open`. */
  stage?: SigninStage;
  token?: string;
  secondFactorAt?: number | null;
  /** What it calls itself, and where it asks from: for people, to know it again. */
  agent: string;
  address: string;
}

/** What the browser or the command line keeps; nobody else has it. */
export interface SessionBegun {
  secret: string;
  id: string;
  stage: SigninStage;
  endsAt: number;
}

/** A command line sends it like a token; this tells the two apart. */
export const COMMAND_PREFIX = 'gantry_s_';

/** Begins a session, in the caller's transaction. A session that opens nothing yet has no entry in the audit. */
export async function beginSession(parts: EngineParts, tx: Tx, wanted: SessionWanted): Promise<SessionBegun> {
  const { user, kind, proof, stage = 'open' } = wanted;
  const now = parts.clock.now();
  const secret = `${kind === 'command' ? COMMAND_PREFIX : ''}${parts.random.bytes(32).toString('base64url')}`;
  const id = parts.random.bytes(6).toString('hex');
  const endsAt = now + (stage === 'open' ? SESSION_LIVES[kind].mostMs : HALF_SESSION_MS);
  const address = wanted.address.slice(0, AGENT_MAX);
  await makeRoom(tx, { userId: user.id, proof, stage }, now);
  await tx
    .insertInto('signin_sessions')
    .values({
      hash: sha256(secret),
      id,
      user_id: user.id,
      kind,
      proof,
      token_hash: wanted.token === undefined ? null : sha256(wanted.token),
      stage,
      made_at: now,
      seen_at: now,
      ends_at: endsAt,
      second_factor_at: wanted.secondFactorAt ?? null,
      agent: wanted.agent.slice(0, AGENT_MAX),
      address,
    })
    .execute();
  if (stage === 'open') {
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: `user:${user.name}`,
      action: 'session.begin',
      object: user.name,
      detail: { session: id, kind, proof, address },
    });
  }
  return { secret, id, stage, endsAt };
}

/**
 * Removes what has ended, and of too many the ones that were not used for longest: only of the same kind, so that
 * whoever has a token, or half of what it takes, cannot crowd out the person.
 */
async function makeRoom(
  tx: Tx,
  { userId, proof, stage }: { userId: UserId; proof: SigninProof; stage: SigninStage },
  now: number,
): Promise<void> {
  await tx.deleteFrom('signin_sessions').where('ends_at', '<=', now).execute();
  const mine = tx
    .selectFrom('signin_sessions')
    .where('user_id', '=', userId)
    .where('proof', '=', proof)
    .where('stage', '=', stage);
  const spare = await mine
    .select('hash')
    .orderBy('seen_at', 'desc')
    .offset(SESSIONS_MAX - 1)
    .limit(SESSIONS_MAX)
    .execute();
  if (spare.length === 0) return;
  await tx
    .deleteFrom('signin_sessions')
    .where(
      'hash',
      'in',
      spare.map(({ hash }) => hash),
    )
    .execute();
}
