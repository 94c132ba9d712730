import { findAppIn } from '../apps/find';
import { type AuditEntry, recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { TeamId, UserId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { isRole, ROLES, type Role } from './actions';
import { findTeam, findUser } from './find';
import { demandAdmin, demandOther, membersOf } from './guard';
import { ALL_APPS, type GrantScope } from './scope';

/** A role, for whom, and where. Exactly one of `user` and `team`. */
export interface GrantWanted {
  user?: string | undefined;
  team?: string | undefined;
  role: string;
  /** Name of the app; all apps when left out. */
  app?: string | undefined;
}

export interface Granted {
  holder: string;
  role: Role;
  app: string | null;
  /** False when it was so before: nothing was written. */
  changed: boolean;
}

/** @throws GantryError `role-unknown`, `user-unknown`, `team-unknown`, `app-unknown`, `holder`, `own-role`. */
export function grantRole(parts: EngineParts, wanted: GrantWanted, actor: Actor): Promise<Granted> {
  return parts.store.write((tx) => grantRoleIn(parts, tx, wanted, actor));
}

/** As `grantRole`, in the caller's transaction. */
export async function grantRoleIn(parts: EngineParts, tx: Tx, wanted: GrantWanted, actor: Actor): Promise<Granted> {
  const found = await findHolder(tx, wanted);
  await demandOther(tx, actor, found.people);
  const row = { holder: found.id, scope: found.scope, role: found.role, granted_at: parts.clock.now() };
  const made = await tx
    .insertInto('role_grants')
    .values({ ...row, granted_by: actor })
    .onConflict((conflict) => conflict.doNothing())
    .returning('holder')
    .execute();
  if (made.length > 0) await recordAudit(parts, tx, entryOf(found, 'role.grant', actor));
  return answerOf(found, made.length > 0);
}

/** @throws GantryError as `grantRole`, and `last-admin`. One's own role may be given back. */
export function revokeRole(parts: EngineParts, wanted: GrantWanted, actor: Actor): Promise<Granted> {
  return parts.store.write(async (tx) => {
    const found = await findHolder(tx, wanted);
    const gone = await tx
      .deleteFrom('role_grants')
      .where('holder', '=', found.id)
      .where('scope', '=', found.scope)
      .where('role', '=', found.role)
      .returning('holder')
      .execute();
    if (gone.length > 0) await recordAudit(parts, tx, entryOf(found, 'role.revoke', actor));
    if (found.role === 'admin') await demandAdmin(parts, tx);
    return answerOf(found, gone.length > 0);
  });
}

interface HolderFound {
  id: UserId | TeamId;
  /** `ada`, `team:sre`. */
  holder: string;
  /** Who can do more, or less, by it. */
  people: readonly { name: string }[];
  role: Role;
  scope: GrantScope;
  app: string | null;
}

async function findHolder(tx: Tx, { user, team, role, app }: GrantWanted): Promise<HolderFound> {
  if (!isRole(role)) {
    const next = `one of: ${ROLES.join(', ')}`;
    throw new GantryError('invalid', 'role-unknown', `there is no role "${role.slice(0, 80)}"`, next);
  }
  const at = app === undefined ? null : await findAppIn(tx, app);
  const place = { role, scope: at?.id ?? ALL_APPS, app: at?.name ?? null } as const;
  if (user !== undefined && team === undefined) {
    const found = await findUser(tx, user);
    return { id: found.id, holder: found.name, people: [found], ...place };
  }
  if (team !== undefined && user === undefined) {
    const found = await findTeam(tx, team);
    return { id: found.id, holder: `team:${found.name}`, people: await membersOf(tx, found.name), ...place };
  }
  throw new GantryError('invalid', 'holder', 'a role is given to one user or one team', 'name exactly one of the two');
}

const entryOf = (found: HolderFound, action: 'role.grant' | 'role.revoke', actor: Actor): AuditEntry => ({
  chain: found.app ?? 'system',
  actor,
  action,
  object: found.holder,
  detail: { role: found.role, app: found.app ?? 'all apps' },
});

const answerOf = ({ holder, role, app }: HolderFound, changed: boolean): Granted => ({ holder, role, app, changed });
