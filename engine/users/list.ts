import type { TeamId, UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader } from '../store/store';
import { isRole, ROLES, type Role } from './actions';
import type { Identity } from './identities';
import { ALL_APPS } from './scope';

/** A role, and where it holds. */
export interface RoleShown {
  role: Role;
  /** Name of the app; null for all apps. */
  app: string | null;
}

export interface UserShown {
  name: string;
  enabled: boolean;
  createdAt: number;
  /** Their own; those of their teams are theirs as well. */
  roles: RoleShown[];
  teams: string[];
  identities: Identity[];
}

export interface TeamShown {
  name: string;
  createdAt: number;
  roles: RoleShown[];
  members: string[];
}

/** Everybody, by name: who holds what where, and by what they are known elsewhere. */
export async function listUsers({ store: { read } }: EngineParts): Promise<UserShown[]> {
  const [users, grants, members, identities] = await Promise.all([
    read.selectFrom('users').select(['id', 'name', 'created_at', 'disabled_at']).orderBy('name').execute(),
    grantsByHolder(read),
    memberships(read),
    read.selectFrom('identities').select(['user_id', 'kind', 'name']).orderBy('kind').orderBy('name').execute(),
  ]);
  const known = groupBy(identities, ({ user_id }) => user_id);
  const teams = groupBy(members, ({ user_id }) => user_id);
  return users.map((user) => ({
    name: user.name,
    enabled: user.disabled_at === null,
    createdAt: user.created_at,
    roles: grants.get(user.id) ?? [],
    teams: (teams.get(user.id) ?? []).map(({ team }) => team),
    identities: (known.get(user.id) ?? []).map(({ kind, name }) => ({ kind, name })),
  }));
}

/** All teams, by name. */
export async function listTeams({ store: { read } }: EngineParts): Promise<TeamShown[]> {
  const [teams, grants, members] = await Promise.all([
    read.selectFrom('teams').select(['id', 'name', 'created_at']).orderBy('name').execute(),
    grantsByHolder(read),
    memberships(read),
  ]);
  const inTeams = groupBy(members, ({ team_id }) => team_id);
  return teams.map((team) => ({
    name: team.name,
    createdAt: team.created_at,
    roles: grants.get(team.id) ?? [],
    members: (inTeams.get(team.id) ?? []).map(({ user }) => user),
  }));
}

async function grantsByHolder(db: Reader): Promise<ReadonlyMap<UserId | TeamId, RoleShown[]>> {
  const rows = await db
    .selectFrom('role_grants')
    .leftJoin('apps', (join) => join.onRef('apps.id', '=', 'role_grants.scope'))
    .select(['role_grants.holder', 'role_grants.scope', 'role_grants.role', 'apps.name as app'])
    .orderBy('apps.name')
    .execute();
  const shown = rows.flatMap(({ holder, scope, role, app }) =>
    isRole(role) ? [{ holder, held: { role, app: scope === ALL_APPS ? null : app } }] : [],
  );
  const byHolder = groupBy(shown, ({ holder }) => holder);
  return new Map([...byHolder].map(([holder, held]) => [holder, held.map((one) => one.held).sort(inOrder)]));
}

/** Those for all apps first, then by app; at one app in the order of `ROLES`. */
const inOrder = (a: RoleShown, b: RoleShown): number =>
  (a.app ?? '').localeCompare(b.app ?? '', 'en') || ROLES.indexOf(a.role) - ROLES.indexOf(b.role);

const memberships = (db: Reader) =>
  db
    .selectFrom('team_members')
    .innerJoin('teams', 'teams.id', 'team_members.team_id')
    .innerJoin('users', 'users.id', 'team_members.user_id')
    .select(['team_members.team_id', 'team_members.user_id', 'teams.name as team', 'users.name as user'])
    .orderBy('teams.name')
    .orderBy('users.name')
    .execute();

function groupBy<K, T>(rows: readonly T[], key: (row: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const row of rows) groups.set(key(row), [...(groups.get(key(row)) ?? []), row]);
  return groups;
}
