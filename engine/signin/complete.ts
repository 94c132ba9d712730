import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import type { User } from '../users/token';
import type { Client } from './enter';
import type { FoundSession } from './find';
import { countCode, noteFactor, proveIn, showCode } from './second-factor';
import { beginSession, type SessionBegun } from './session';

/**
 * The code that was still missing: the half session becomes a whole one, with another secret.
 * @returns undefined when the code is wrong
 * @throws WaitError
 */
export async function completeByCode(
  parts: EngineParts,
  half: FoundSession,
  code: string,
  client: Client,
): Promise<SessionBegun | undefined> {
  const { user } = half.principal;
  await countCode(parts, user);
  return parts.store.write(async (tx) => {
    if (!(await showCode(parts, tx, user, code, client))) return undefined;
    return replace(parts, tx, half, user, client);
  });
}

/**
 * The same with the first code of a new authenticator app. Both or neither: whose session ended meanwhile has set up
 * nothing of which they would never see the recovery codes.
 * @throws GantryError `second-factor-set`, `sign-in-over`; WaitError
 */
export async function completeByEnrolling(
  parts: EngineParts,
  half: FoundSession,
  code: string,
  client: Client,
): Promise<{ session: SessionBegun; recoveryCodes: string[] } | undefined> {
  const { user } = half.principal;
  await countCode(parts, user);
  return parts.store.write(async (tx) => {
    const recoveryCodes = await proveIn(parts, tx, user, code, client);
    if (recoveryCodes === undefined) return undefined;
    return { session: await replace(parts, tx, half, user, client), recoveryCodes };
  });
}

async function replace(
  parts: EngineParts,
  tx: Tx,
  { session }: FoundSession,
  user: User,
  client: Client,
): Promise<SessionBegun> {
  const { numDeletedRows } = await tx
    .deleteFrom('signin_sessions')
    .where('hash', '=', session.hash)
    .executeTakeFirstOrThrow();
  if (numDeletedRows !== 1n) {
    throw new GantryError(
      'forbidden',
      'sign-in-over',
      'this sign-in was completed or ended meanwhile',
      'sign in again',
    );
  }
  const secondFactorAt = parts.clock.now();
  return beginSession(parts, tx, { user, kind: 'browser', proof: session.proof, secondFactorAt, ...client });
}

/**
 * A fresh code for an open session, browser or command line: before somebody approves.
 * @returns false when the code is wrong
 * @throws WaitError
 */
export async function confirmSession(
  parts: EngineParts,
  user: User,
  { session, code }: { session: string; code: string },
  client: Client,
): Promise<boolean> {
  await countCode(parts, user);
  return parts.store.write(async (tx) => {
    if (!(await showCode(parts, tx, user, code, client))) return false;
    await noteFactor(parts, tx, user, session);
    return true;
  });
}
