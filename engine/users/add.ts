import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { newId, type UserId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import { type Invitation, inviteIn } from '../signin/invite';
import type { Tx } from '../store/store';
import { grantRoleIn } from './grant';
import { linkIdentityIn } from './link';
import { checkName } from './names';
import { solo } from './roles';

export interface UserWanted {
  name: string;
  /** Known by it in commits. */
  email?: string | undefined;
  role?: string | undefined;
  /** Where the role holds; all apps when left out. */
  app?: string | undefined;
}

export interface UserAdded {
  id: UserId;
  name: string;
  /** Until now there was one person, who could approve what is their own. */
  endedSolo: boolean;
}

/** @returns besides them their way in, to be handed to them. @throws GantryError as `addUserIn`. */
export function addUser(
  parts: EngineParts,
  wanted: UserWanted,
  actor: Actor,
): Promise<UserAdded & { invitation: Invitation }> {
  return parts.store.write(async (tx) => {
    const added = await addUserIn(parts, tx, wanted, actor);
    return { ...added, invitation: await inviteIn(parts, tx, added, actor) };
  });
}

/**
 * Somebody new, with a role or none, in the caller's transaction; they cannot sign in yet.
 * @throws GantryError `user-name`, `user-taken`, and those of `grantRole` and `linkIdentity`.
 */
export async function addUserIn(parts: EngineParts, tx: Tx, wanted: UserWanted, actor: Actor): Promise<UserAdded> {
  const { name, email, role, app } = wanted;
  checkName('user-name', name);
  if (app !== undefined && role === undefined) {
    throw new GantryError('invalid', 'role-missing', 'an app was named, but no role at it', 'add the role: --role');
  }
  const taken = await tx.selectFrom('users').select('id').where('name', '=', name).executeTakeFirst();
  if (taken !== undefined) {
    throw new GantryError('conflict', 'user-taken', `the name "${name}" is taken`, 'see who is: gantry user list');
  }
  const endedSolo = await solo(tx);
  const id = newId<UserId>(parts.clock, parts.random);
  await tx.insertInto('users').values({ id, name, created_at: parts.clock.now(), disabled_at: null }).execute();
  await recordAudit(parts, tx, { chain: 'system', actor, action: 'user.add', object: name, detail: { endedSolo } });
  if (email !== undefined) await linkIdentityIn(parts, tx, { user: name, kind: 'email', name: email }, actor);
  if (role !== undefined) await grantRoleIn(parts, tx, { user: name, role, app }, actor);
  return { id, name, endedSolo };
}
