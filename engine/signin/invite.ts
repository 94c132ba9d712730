import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { sha256 } from '../model/hash';
import type { Actor, EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import { findUser } from '../users/find';
import type { User } from '../users/token';
import { INVITATION_MS } from './limits';
import { endSessionsOf } from './sessions';

/** A way in that opens once: whoever has it chooses the password. */
export interface Invitation {
  /** Stands in the address that the person opens: `/invitation/SECRET`. */
  secret: string;
  endsAt: number;
}

export interface InvitationWanted {
  /** The second factor is to be set up anew as well: the phone is lost, and the recovery codes. */
  newSecondFactor?: boolean;
}

/** @throws GantryError `user-unknown`, `user-disabled` */
export const invite = (
  parts: EngineParts,
  name: string,
  actor: Actor,
  wanted: InvitationWanted = {},
): Promise<Invitation> =>
  parts.store.write(async (tx) => {
    const user = await findUser(tx, name);
    if (user.disabled_at !== null) {
      throw new GantryError('conflict', 'user-disabled', `${name} is disabled`, `first: gantry user enable ${name}`);
    }
    return inviteIn(parts, tx, user, actor, wanted);
  });

/** As `invite`, in the caller's transaction. An earlier invitation of the same person opens nothing any more. */
export async function inviteIn(
  parts: EngineParts,
  tx: Tx,
  user: User,
  actor: Actor,
  { newSecondFactor = false }: InvitationWanted = {},
): Promise<Invitation> {
  const secret = parts.random.bytes(24).toString('base64url');
  const now = parts.clock.now();
  const endsAt = now + INVITATION_MS;
  await tx.deleteFrom('invitations').where('user_id', '=', user.id).execute();
  if (newSecondFactor) await beginAnew(parts, tx, user, actor);
  await tx
    .insertInto('invitations')
    .values({ hash: sha256(secret), user_id: user.id, made_by: actor, made_at: now, ends_at: endsAt })
    .execute();
  await recordAudit(parts, tx, {
    chain: 'system',
    actor,
    action: 'user.invite',
    object: user.name,
    detail: { endsAt, newSecondFactor },
  });
  return { secret, endsAt };
}

/** The password goes as well: else whoever knows it would be the one who sets up the new second factor. */
async function beginAnew(parts: EngineParts, tx: Tx, user: User, actor: Actor): Promise<void> {
  const { id } = user;
  await tx.deleteFrom('passwords').where('user_id', '=', id).execute();
  await tx.deleteFrom('second_factors').where('user_id', '=', id).execute();
  await tx.deleteFrom('recovery_codes').where('user_id', '=', id).execute();
  await endSessionsOf(parts, tx, user, actor, 'password and second factor are set up anew');
}

/** Whom this invitation is for. Looking does not use it up. @throws GantryError `invitation-over` */
export async function invitedUser(parts: EngineParts, db: Reader, secret: string): Promise<User> {
  const row = await db
    .selectFrom('invitations')
    .innerJoin('users', 'users.id', 'invitations.user_id')
    .select(['users.id', 'users.name'])
    .where('invitations.hash', '=', sha256(secret))
    .where('invitations.ends_at', '>', parts.clock.now())
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw new GantryError(
    'not-found',
    'invitation-over',
    'this invitation was used, replaced, or is older than a day',
    'ask an admin for another one: gantry user invite NAME',
  );
}

/** As `invitedUser`, of what is committed. */
export const openInvitation = (parts: EngineParts, secret: string): Promise<User> =>
  invitedUser(parts, parts.store.read, secret);
