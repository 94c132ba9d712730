import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { User } from '../users/token';
import { passwordKeys, succeed } from './attempts';
import { recordRefusal } from './by-password';
import { type Client, enter } from './enter';
import { invitedUser } from './invite';
import { FRESH_FACTOR_MS } from './limits';
import { demandGoodPassword, hashPassword, isPassword } from './password';
import type { Principal } from './principal';
import { beginSession, type SessionBegun } from './session';
import { endSessionsOf } from './sessions';
import { countAttempt } from './waits';

/**
 * Chooses the password that an invitation is for, uses it up, and signs in.
 * @throws GantryError `invitation-over`, `password-weak`
 */
export async function acceptInvitation(
  parts: EngineParts,
  { secret, password }: { secret: string; password: string },
  client: Client,
): Promise<SessionBegun> {
  const { name } = await invitedUser(parts, parts.store.read, secret);
  demandGoodPassword(password, name);
  const hash = await hashPassword(parts.random, password);
  return parts.store.write(async (tx) => {
    // Once more, since two may have come at once; the second one finds nothing.
    const user = await invitedUser(parts, tx, secret);
    await tx.deleteFrom('invitations').where('user_id', '=', user.id).execute();
    await succeed(parts, tx, user.id, { address: client.address, keys: [] });
    await store(parts, tx, user, hash, `user:${user.name}`);
    return enter(parts, tx, user, { proof: 'password', ...client });
  });
}

/**
 * Changes one's own password, or sets the first one. Every session ends; the one that asked goes on as a new one.
 * @throws GantryError `password-wrong`, `password-weak`, `second-factor-needed`; WaitError
 */
export async function changePassword(
  parts: EngineParts,
  principal: Principal,
  { current, password }: { current: string; password: string },
  client: Client,
): Promise<SessionBegun> {
  const { user, secondFactorAt } = principal;
  demandGoodPassword(password, user.name);
  const { read } = parts.store;
  const stored = await read.selectFrom('passwords').select('hash').where('user_id', '=', user.id).executeTakeFirst();
  const keys = await passwordKeys(parts, read, user.name, client.address, user.id);
  if (stored !== undefined) {
    await parts.store.write((tx) => countAttempt(parts, tx, keys));
    if (!(await isPassword(parts.random, stored.hash, current))) {
      await parts.store.write((tx) => recordRefusal(parts, tx, user, 'wrong password at its change', client));
      throw new GantryError('forbidden', 'password-wrong', 'your present password is another one', 'type it again');
    }
  } else demandFreshFactor(parts, principal);
  const hash = await hashPassword(parts.random, password);
  return parts.store.write(async (tx) => {
    await succeed(parts, tx, user.id, { address: client.address, keys });
    await store(parts, tx, user, hash, `user:${user.name}`);
    return beginSession(parts, tx, { user, kind: 'browser', proof: 'password', secondFactorAt, ...client });
  });
}

/**
 * A first password is another way in, for good: an open browser alone is not enough. A token gets here only while its
 * person is alone, and is all they have.
 */
function demandFreshFactor({ clock }: EngineParts, { by, secondFactorAt }: Principal): void {
  if (by === 'token' || clock.now() - (secondFactorAt ?? 0) <= FRESH_FACTOR_MS.browser) return;
  const words = 'to set a first password, show your second factor: the last time is too long ago';
  throw new GantryError('forbidden', 'second-factor-needed', words, 'open /confirm, then set it again');
}

async function store(parts: EngineParts, tx: Tx, user: User, hash: string, actor: Actor): Promise<void> {
  const row = { hash, set_at: parts.clock.now() };
  await tx
    .insertInto('passwords')
    .values({ user_id: user.id, ...row })
    .onConflict((conflict) => conflict.column('user_id').doUpdateSet(row))
    .execute();
  // Somebody who knew the old password may have seen a seed that was offered.
  await tx.deleteFrom('second_factors').where('user_id', '=', user.id).where('proven_at', 'is', null).execute();
  await recordAudit(parts, tx, { chain: 'system', actor, action: 'password.set', object: user.name, detail: {} });
  await endSessionsOf(parts, tx, user, actor, 'the password was set');
}
