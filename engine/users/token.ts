import { recordAudit } from '../audit/record';
import { sha256 } from '../model/hash';
import { newId, type UserId } from '../model/ids';
import type { EngineParts } from '../parts';

export interface User {
  id: string;
  name: string;
  role: string;
}

/** The first user and a token, made once; undefined when there is a user already. The token is stored only as a hash. */
export async function firstUser(parts: EngineParts, name: string): Promise<{ user: User; token: string } | undefined> {
  const token = `gantry_${parts.random.bytes(24).toString('base64url')}`;
  return parts.store.write(async (tx) => {
    const known = await tx.selectFrom('users').select('id').limit(1).executeTakeFirst();
    if (known !== undefined) return undefined;
    const user = { id: newId<UserId>(parts.clock, parts.random), name, role: 'owner', created_at: parts.clock.now() };
    await tx.insertInto('users').values(user).execute();
    await tx
      .insertInto('tokens')
      .values({ hash: sha256(token), user_id: user.id, name: 'first', created_at: user.created_at, last_used_at: null })
      .execute();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: 'rule:first-start',
      action: 'user.create',
      object: name,
      detail: { role: user.role },
    });
    return { user, token };
  });
}

/** Whose token this is; undefined for an unknown one. Tokens are 192 random bits: their hash is looked up directly. */
export const userOfToken = (parts: EngineParts, token: string): Promise<User | undefined> =>
  userOfTokenHash(parts, sha256(token));

/** As `userOfToken`, for who keeps only the token's hash (a browser's session). */
export async function userOfTokenHash(parts: EngineParts, hash: string): Promise<User | undefined> {
  return parts.store.read
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['users.id', 'users.name', 'users.role'])
    .where('tokens.hash', '=', hash)
    .executeTakeFirst();
}

/** Solo: one user, who may therefore approve what is their own. */
export async function isSolo(parts: EngineParts): Promise<boolean> {
  const row = await parts.store.read
    .selectFrom('users')
    .select((e) => e.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow();
  return Number(row.n) <= 1;
}
