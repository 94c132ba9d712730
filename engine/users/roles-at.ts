import type { AppId, UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import { ROLES, type Role, rolesOf } from './roles';

/** As `rolesOf`, of what is committed, in the order of `ROLES`. */
export async function rolesAt(parts: EngineParts, user: UserId, app: AppId | null): Promise<Role[]> {
  const held = await rolesOf(parts.store.read, user, app);
  return ROLES.filter((role) => held.has(role));
}
