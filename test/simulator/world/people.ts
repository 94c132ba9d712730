import type Database from 'better-sqlite3';
import type { Role } from '../../../engine/users/roles';

/** Who there is. Ada pushes; the others decide; Olga only in an emergency; Victor only looks. */
const ROLES = {
  ada: ['developer', 'release-manager', 'admin'],
  grace: ['release-manager'],
  eve: ['release-manager'],
  ivy: ['release-manager'],
  olga: ['operator'],
  victor: ['viewer'],
} as const satisfies Record<string, readonly Role[]>;

export const PEOPLE = ['ada', 'grace', 'eve', 'ivy', 'olga', 'victor'] as const;
/** Who is asked. */
export const DECIDERS = ['grace', 'eve', 'ivy'] as const;

/** Addresses that are known to be somebody's; the one that Eve has at home is not, at first. */
const MAILS = { 'ada@example.org': 'ada', 'grace@example.org': 'grace', 'ivy@example.org': 'ivy' } as const;

export function settlePeople(db: Database.Database): void {
  for (const [name, roles] of Object.entries(ROLES)) {
    db.prepare('insert into users (id, name, created_at) values (?, ?, 0)').run(name, name);
    for (const role of roles) grant(db, name, role);
  }
  for (const [mail, name] of Object.entries(MAILS)) link(db, mail, name);
}

/** Straight into the records: that verbs keep them right is tested elsewhere. */
export async function changePerson(
  db: Database.Database,
  { user, how }: { user: string; how: 'may decide' | 'may not' | 'is known' },
): Promise<unknown> {
  if (how === 'may decide') return grant(db, user, 'release-manager');
  if (how === 'is known') return link(db, 'eve@home.example', 'eve');
  return db.prepare(`delete from role_grants where holder = ? and role = 'release-manager'`).run(user);
}

const grant = (db: Database.Database, holder: string, role: string): unknown =>
  db
    .prepare(
      `insert into role_grants (holder, scope, role, granted_at, granted_by) values (?, '*', ?, 0, 'simulator')
       on conflict do nothing`,
    )
    .run(holder, role);

const link = (db: Database.Database, mail: string, user: string): unknown =>
  db
    .prepare(`insert into identities (kind, name, user_id) values ('email', ?, ?) on conflict do nothing`)
    .run(mail, user);
