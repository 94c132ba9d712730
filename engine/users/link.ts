import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { endSessionsOf } from '../signin/sessions';
import type { Tx } from '../store/store';
import { findUser, type UserFound } from './find';
import { demandAdmin, demandOther } from './guard';
import { type Identity, spellIdentity } from './identities';

/** What people can be known by, besides their name here. */
export const IDENTITY_KINDS = [
  'email',
  'github',
  'gitlab',
  'gitea',
  'forgejo',
  'gitee',
  'bitbucket',
  'bitbucket-dc',
] as const;
const NAME_MAX = 200;
/** Those that are no login. Bitbucket Cloud knows people by an id (`557058:…`): their nicknames are theirs to change. */
const FORMS: Readonly<Record<string, RegExp>> = { email: /^[^\s@<>]+@[^\s@<>]+$/, bitbucket: /^[\w.@:-]+$/ };

export interface LinkWanted extends Identity {
  user: string;
}

export interface Linked {
  user: string;
  kind: string;
  name: string;
  /** False when it was so before: nothing was written. */
  changed: boolean;
}

/**
 * From now on whoever has this address or account is this person: what it committed or merged, they did.
 * @throws GantryError `user-unknown`, `identity`, `identity-taken`.
 */
export function linkIdentity(parts: EngineParts, wanted: LinkWanted, actor: Actor): Promise<Linked> {
  return parts.store.write((tx) => linkIdentityIn(parts, tx, wanted, actor));
}

/** As `linkIdentity`, in the caller's transaction. */
export async function linkIdentityIn(parts: EngineParts, tx: Tx, wanted: LinkWanted, actor: Actor): Promise<Linked> {
  const user = await findUser(tx, wanted.user);
  const identity = checked(wanted);
  const known = await ownerOf(tx, identity);
  if (known !== undefined && known !== user.name) {
    throw new GantryError(
      'conflict',
      'identity-taken',
      `${identity.name} is ${known}`,
      `gantry user unlink ${known} …`,
    );
  }
  const changed = known === undefined;
  if (changed) {
    await tx
      .insertInto('identities')
      .values({ ...identity, user_id: user.id })
      .execute();
    const told = { chain: 'system', actor, action: 'user.link', object: user.name, detail: { ...identity } };
    await recordAudit(parts, tx, told);
  }
  return { user: user.name, ...identity, changed };
}

/**
 * Whoever has this address or account is a stranger again. Not by oneself: one's own commits would not be one's own any
 * more, and could be approved. With an address goes what an OpenID provider knows them by, and their sessions.
 * @throws GantryError `user-unknown`, `identity`, `identity-unknown`, `own-role`, `last-admin`.
 */
export function unlinkIdentity(parts: EngineParts, wanted: LinkWanted, actor: Actor): Promise<Linked> {
  return parts.store.write(async (tx) => {
    const user = await findUser(tx, wanted.user);
    const identity = checked(wanted);
    await demandOther(tx, actor, [user]);
    const gone = await tx
      .deleteFrom('identities')
      .where('kind', '=', identity.kind)
      .where('name', '=', identity.name)
      .where('user_id', '=', user.id)
      .returning('name')
      .execute();
    if (gone.length === 0) {
      const problem = `${user.name} is not known as ${identity.name} (${identity.kind})`;
      throw new GantryError('not-found', 'identity-unknown', problem, 'see: gantry user list');
    }
    const detail = { ...identity, providerLinks: identity.kind === 'email' ? await forgetProvider(tx, user) : 0 };
    await recordAudit(parts, tx, { chain: 'system', actor, action: 'user.unlink', object: user.name, detail });
    if (detail.providerLinks > 0) {
      await endSessionsOf(parts, tx, user, actor, 'the provider names them no more');
      await demandAdmin(parts, tx);
    }
    return { user: user.name, ...identity, changed: true };
  });
}

/** What an address has once said at an OpenID provider holds no longer than the address. @returns how many were linked */
async function forgetProvider(tx: Tx, { id }: UserFound): Promise<number> {
  return (await tx.deleteFrom('provider_links').where('user_id', '=', id).returning('subject').execute()).length;
}

function checked(wanted: Identity): Identity {
  const identity = spellIdentity(wanted);
  const isKind = (IDENTITY_KINDS as readonly string[]).includes(identity.kind);
  const form = FORMS[identity.kind] ?? /^[\w.@-]+$/;
  if (isKind && identity.name.length <= NAME_MAX && form.test(identity.name)) return identity;
  const problem = `"${identity.name.slice(0, 80)}" cannot be what somebody is known by (${identity.kind.slice(0, 20)})`;
  throw new GantryError(
    'invalid',
    'identity',
    problem,
    `an e-mail address, or a login at: ${IDENTITY_KINDS.slice(1).join(', ')}`,
  );
}

async function ownerOf(tx: Tx, { kind, name }: Identity): Promise<string | undefined> {
  const row = await tx
    .selectFrom('identities')
    .innerJoin('users', 'users.id', 'identities.user_id')
    .select('users.name')
    .where('identities.kind', '=', kind)
    .where('identities.name', '=', name)
    .executeTakeFirst();
  return row?.name;
}
