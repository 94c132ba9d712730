import { recordAudit } from '../audit/record';
import { sha256 } from '../model/hash';
import { newId, type UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import { ROLES } from './actions';
import { solo } from './roles';
import { ALL_APPS } from './scope';

export interface User {
  id: UserId;
  name: string;
}

/** The first user and a token, made once; undefined when there is a user already. The token is stored only as a hash. */
export async function firstUser(parts: EngineParts, name: string): Promise<{ user: User; token: string } | undefined> {
  const token = `gantry_${parts.random.bytes(24).toString('base64url')}`;
  return parts.store.write(async (tx) => {
    const known = await tx.selectFrom('users').select('id').limit(1).executeTakeFirst();
    if (known !== undefined) return undefined;
    const now = parts.clock.now();
    const user = { id: newId<UserId>(parts.clock, parts.random), name, created_at: now, disabled_at: null };
    await tx.insertInto('users').values(user).execute();
    const held = { holder: user.id, scope: ALL_APPS, granted_at: now, granted_by: 'rule:first-start' } as const;
    await tx
      .insertInto('role_grants')
      .values(ROLES.map((role) => ({ ...held, role })))
      .execute();
    await tx
      .insertInto('tokens')
      .values({ hash: sha256(token), user_id: user.id, name: 'first', created_at: user.created_at, last_used_at: null })
      .execute();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: 'rule:first-start',
      action: 'user.create',
      object: name,
      detail: { roles: [...ROLES] },
    });
    return { user, token };
  });
}

/** As `solo`, of what is committed. */
export const isSolo = (parts: EngineParts): Promise<boolean> => solo(parts.store.read);
