import { sql } from 'kysely';
import type { AppId, UserId } from '../model/ids';
import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import { isRole, type Role } from './actions';
import { ALL_APPS, type GrantScope } from './scope';

export { ROLES, type Role } from './actions';
export { ALL_APPS, type GrantScope } from './scope';

/**
 * The roles that a person holds at an app: granted there or for all apps, to them or to a team of theirs.
 * @param appId null for what concerns no single app: only grants for all apps count
 * @returns none for somebody who is disabled, or unknown
 */
export async function rolesOf(db: Reader, userId: UserId, appId: AppId | null): Promise<ReadonlySet<Role>> {
  const held = await rolesByScope(db, userId);
  return new Set([...(held.get(ALL_APPS) ?? []), ...(held.get(appId ?? ALL_APPS) ?? [])]);
}

/** All that a person holds, by where it holds; nothing while they are disabled. */
export async function rolesByScope(db: Reader, userId: UserId): Promise<ReadonlyMap<GrantScope, ReadonlySet<Role>>> {
  const held = new Map<GrantScope, Set<Role>>();
  for (const { scope, role } of await grantsOf(db, { userId })) {
    if (!isRole(role)) continue;
    const known = held.get(scope) ?? new Set<Role>();
    held.set(scope, known.add(role));
  }
  return held;
}

/** Asked with each request of somebody who is signed in. */
const grantsOf = statement<{ userId: UserId }, { scope: GrantScope; role: string }>((db, argument) =>
  db
    .selectFrom('role_grants')
    .innerJoin('users', (join) => join.on('users.id', '=', argument('userId')).on('users.disabled_at', 'is', null))
    .select(['role_grants.scope', 'role_grants.role'])
    .where(({ eb, or, selectFrom }) => {
      const teams = selectFrom('team_members').select('team_id').where('user_id', '=', argument('userId'));
      return or([eb('role_grants.holder', '=', argument('userId')), eb('role_grants.holder', 'in', teams)]);
    }),
);

/**
 * Is there one person only, who may therefore approve what is their own? People are disabled, never removed: so the
 * second one ends this for good.
 */
export async function solo(db: Reader): Promise<boolean> {
  return (await twoPeople(db, {})).length <= 1;
}

const twoPeople = statement<object, { id: UserId }>((db) => db.selectFrom('users').select('id').limit(sql.lit(2)));
