import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { peopleOf } from '../users/identities';
import type { User } from '../users/token';
import { succeed } from './attempts';
import { recordRefusal } from './by-password';
import { type Client, enter } from './enter';
import { beginSession, type SessionBegun } from './session';

/** Whom an OpenID provider has named. */
export interface Named {
  issuer: string;
  subject: string;
  /** Verified there; null without one. */
  email: string | null;
  secondFactor: boolean;
  /** When they have shown there who they are, ms UTC; null when the provider does not say. */
  shownAt: number | null;
}

/**
 * Somebody whom the provider has named. They are known by the provider's own name for them (issuer and subject), which
 * is linked at the first time, and only where an admin has said whose the verified address is.
 * @returns undefined when they are nobody here
 */
export const signInByProvider = (parts: EngineParts, named: Named, client: Client): Promise<SessionBegun | undefined> =>
  parts.store.write(async (tx) => {
    const user = (await linkedUser(tx, named)) ?? (await linkByAddress(parts, tx, named));
    if (user === undefined || user.disabled_at !== null) {
      const why = user === undefined ? 'the provider named nobody who is known here' : 'disabled';
      await recordRefusal(parts, tx, user, why, client);
      return undefined;
    }
    await succeed(parts, tx, user.id, { address: client.address, keys: [] });
    if (!named.secondFactor) return enter(parts, tx, user, { proof: 'provider', ...client });
    // It lets in, however old; to approve by it, it must be known to be fresh.
    const secondFactorAt = named.shownAt === null ? null : Math.min(named.shownAt, parts.clock.now());
    return beginSession(parts, tx, { user, kind: 'browser', proof: 'provider', secondFactorAt, ...client });
  });

type Linked = User & { disabled_at: number | null };

const linkedUser = (tx: Tx, { issuer, subject }: Named): Promise<Linked | undefined> =>
  tx
    .selectFrom('provider_links')
    .innerJoin('users', 'users.id', 'provider_links.user_id')
    .select(['users.id', 'users.name', 'users.disabled_at'])
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst();

/** Identities are made by admins: such an address says who this is, once. */
async function linkByAddress(
  parts: EngineParts,
  tx: Tx,
  { issuer, subject, email }: Named,
): Promise<Linked | undefined> {
  if (email === null) return undefined;
  const [userId] = await peopleOf(tx, [{ kind: 'email', name: email }]);
  if (userId === undefined) return undefined;
  const user = await tx
    .selectFrom('users')
    .select(['id', 'name', 'disabled_at'])
    .where('id', '=', userId)
    .executeTakeFirstOrThrow();
  // Whoever is linked at this provider already is somebody else there, whatever the address says.
  const other = await tx
    .selectFrom('provider_links')
    .select('subject')
    .where('user_id', '=', userId)
    .where('issuer', '=', issuer)
    .executeTakeFirst();
  if (other !== undefined) return undefined;
  await tx
    .insertInto('provider_links')
    .values({ issuer, subject, user_id: userId, linked_at: parts.clock.now() })
    .execute();
  await recordAudit(parts, tx, {
    chain: 'system',
    actor: `user:${user.name}`,
    action: 'provider.link',
    object: user.name,
    detail: { issuer, subject },
  });
  return user;
}
