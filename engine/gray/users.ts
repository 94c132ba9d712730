import { GRAY_USERS_MAX } from '../../pipelines/limits';
import { GantryError } from '../model/errors';
import { sha256 } from '../model/hash';
import type { EngineParts } from '../parts';
import type { UserList } from '../ports/gateway';
import type { Tx } from '../store/store';

/** Keeps a list of users under the hash of its names, whatever their order; the same names are the same list. */
export async function keepUsers(parts: EngineParts, tx: Tx, users: readonly string[]): Promise<UserList> {
  const names = [...new Set(users)].sort();
  if (names.length === 0 || names.length > GRAY_USERS_MAX) {
    throw new GantryError(
      'invalid',
      'users-count',
      `a list of users has 1 to ${GRAY_USERS_MAX} names, not ${names.length}`,
      'for more people, let the login proxy set a header for them and write a rule for it',
    );
  }
  const id = sha256(names.join('\n')).slice(0, 16);
  await tx
    .insertInto('user_lists')
    .values({ id, names: JSON.stringify(names), size: names.length, created_at: parts.clock.now() })
    .onConflict((c) => c.column('id').doNothing())
    .execute();
  return { id, names };
}

/** The users of a list; `tx` inside a transaction. @throws GantryError `users-unknown`. */
export async function usersIn(parts: EngineParts, id: string, tx?: Tx): Promise<UserList> {
  const row = await (tx ?? parts.store.read)
    .selectFrom('user_lists')
    .select('names')
    .where('id', '=', id)
    .executeTakeFirst();
  if (row === undefined) throw new GantryError('not-found', 'users-unknown', `there is no list of users ${id}`);
  return { id, names: JSON.parse(row.names) as string[] };
}

/** How many users each of these lists has. */
export async function userCounts(parts: EngineParts, ids: readonly string[]): Promise<Map<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await parts.store.read.selectFrom('user_lists').select(['id', 'size']).where('id', 'in', ids).execute();
  return new Map(rows.map(({ id, size }) => [id, size]));
}
