import type { Engine } from '../../../engine/engine';
import type { Role } from '../../../engine/users/roles';

const BY = 'rule:test';

/** A person with these roles for all apps, known by an e-mail address of theirs. */
export async function addPerson(engine: Engine, name: string, ...roles: readonly Role[]): Promise<void> {
  await engine.users.add({ name, email: `${name}@example.org` }, BY);
  for (const role of roles) await engine.users.grant({ user: name, role }, BY);
}

export const grant = (engine: Engine, user: string, role: Role): Promise<unknown> =>
  engine.users.grant({ user, role }, BY);

export const revoke = (engine: Engine, user: string, role: Role): Promise<unknown> =>
  engine.users.revoke({ user, role }, BY);
