import { GantryError } from '../model/errors';
import type { UserId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { solo } from './roles';
import { ALL_APPS } from './scope';

/**
 * Nobody changes what they themselves may, or by what they are known elsewhere: else an admin could become the approver
 * of their own change. One who is alone may.
 * @param whose the people for whom more would be possible afterwards
 * @throws GantryError `own-role`
 */
export async function demandOther(tx: Tx, actor: Actor, whose: readonly { name: string }[]): Promise<void> {
  if (!whose.some(({ name }) => actor === `user:${name}`) || (await solo(tx))) return;
  throw new GantryError('forbidden', 'own-role', 'nobody changes their own roles or identities', 'ask another admin');
}

/**
 * To be called after the change, in its transaction.
 * @throws GantryError `last-admin` when nobody would be left who could say who may what
 */
export async function demandAdmin(parts: EngineParts, tx: Tx): Promise<void> {
  if (await hasAdmin(parts, tx)) return;
  const next = 'first make somebody else, who has a way in, admin for all apps: gantry role grant USER admin';
  throw new GantryError('conflict', 'last-admin', 'this is the last admin of all apps', next);
}

/** Is there an admin of all apps who can get in: by a password, a provider, or a token that is not narrowed? */
export async function hasAdmin({ clock }: EngineParts, tx: Tx): Promise<boolean> {
  const left = await tx
    .selectFrom('users')
    .leftJoin('team_members', 'team_members.user_id', 'users.id')
    .innerJoin('role_grants', (join) =>
      join
        .on('role_grants.scope', '=', ALL_APPS)
        .on('role_grants.role', '=', 'admin')
        .on(({ eb, or, ref }) =>
          or([
            eb('role_grants.holder', '=', ref('users.id')),
            eb('role_grants.holder', '=', ref('team_members.team_id')),
          ]),
        ),
    )
    .select('users.id')
    .where('users.disabled_at', 'is', null)
    .where(({ or, exists, ref, selectFrom }) =>
      or([
        exists(selectFrom('passwords').select('user_id').where('user_id', '=', ref('users.id'))),
        exists(selectFrom('provider_links').select('user_id').where('user_id', '=', ref('users.id'))),
        exists(
          selectFrom('tokens')
            .select('tokens.hash')
            .where('tokens.user_id', '=', ref('users.id'))
            .where('tokens.scopes', 'is', null)
            .where('tokens.app', 'is', null)
            .where((token) =>
              token.or([token('tokens.ends_at', 'is', null), token('tokens.ends_at', '>', clock.now())]),
            ),
        ),
      ]),
    )
    .limit(1)
    .executeTakeFirst();
  return left !== undefined;
}

/** Who is in a team. */
export const membersOf = (tx: Tx, team: string): Promise<{ id: UserId; name: string }[]> =>
  tx
    .selectFrom('team_members')
    .innerJoin('users', 'users.id', 'team_members.user_id')
    .innerJoin('teams', 'teams.id', 'team_members.team_id')
    .select(['users.id', 'users.name'])
    .where('teams.name', '=', team)
    .execute();
