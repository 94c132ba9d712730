import type { AppId, RunId, UserId } from '../model/ids';
import type { Reader } from '../store/store';
import type { PartInChange } from '../store/tables';
import { may } from '../users/actions';
import { userNamed } from '../users/find';
import { type Identity, identityOf, peopleOf } from '../users/identities';
import { ALL_APPS, rolesOf } from '../users/roles';
import type { Standing } from './judge';
import { lineOf } from './line';

/** Who took part in what a run carries, and how; of several parts, one. */
export type PeopleInChange = ReadonlyMap<UserId, PartInChange>;

/**
 * Everybody who took part in what a run carries: what was noted when it was planned, who started it and those before
 * it that it restarts, and its author; closed over the accounts that belong together.
 */
export async function peopleInChange(db: Reader, run: RunId): Promise<PeopleInChange> {
  const people = new Map<UserId, PartInChange>();
  for (const one of await noted(db, run)) {
    for (const id of await personsOf(db, one)) if (!people.has(id)) people.set(id, one.part);
  }
  return people;
}

type Noted = Identity & { part: PartInChange };

async function noted(db: Reader, run: RunId): Promise<Noted[]> {
  const found: Noted[] = [];
  for await (const row of lineOf(db, run)) {
    const rows = await db
      .selectFrom('run_people')
      .select(['part', 'kind', 'name'])
      .where('run_id', '=', row.id)
      .execute();
    const mail = /<([^<>\s]+)>$/.exec(row.author)?.[1];
    found.push(...rows, { part: 'starter', ...identityOf(row.started_by) });
    if (mail !== undefined) found.push({ part: 'author', kind: 'email', name: mail });
  }
  return found;
}

/** The persons behind what was noted; none for an account that is linked to nobody. */
export async function personsOf(db: Reader, identity: Identity): Promise<readonly UserId[]> {
  if (identity.kind !== 'user') return peopleOf(db, [identity]);
  const user = await userNamed(db, identity.name);
  return user === undefined ? [] : [user];
}

/** What a person is to a gate now. */
export async function standingOf(
  db: Reader,
  user: UserId | undefined,
  gate: { app_id: AppId; role: string },
  people: PeopleInChange,
): Promise<Standing> {
  if (user === undefined) return { holdsRole: false, mayDecide: false, part: null };
  const roles = await rolesOf(db, user, gate.app_id);
  return {
    holdsRole: ([...roles] as string[]).includes(gate.role),
    mayDecide: may(roles, 'approve'),
    part: people.get(user) ?? null,
  };
}

/** Enabled people who hold a role at an app, by name. */
export async function holdersOf(db: Reader, role: string, app: AppId): Promise<{ id: UserId; name: string }[]> {
  return db
    .selectFrom('users')
    .select(['users.id', 'users.name'])
    .where('users.disabled_at', 'is', null)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('role_grants')
          .select('role_grants.role')
          .where('role_grants.role', '=', role)
          .where('role_grants.scope', 'in', [ALL_APPS, app])
          .where(({ eb, or, selectFrom: from }) =>
            or([
              eb('role_grants.holder', '=', eb.ref('users.id')),
              eb(
                'role_grants.holder',
                'in',
                from('team_members').select('team_id').whereRef('team_members.user_id', '=', 'users.id'),
              ),
            ]),
          ),
      ),
    )
    .orderBy('users.name')
    .execute();
}
