import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import { hasSecondFactor } from './enter';

/** What somebody has to get in by. */
export interface Account {
  hasPassword: boolean;
  hasSecondFactor: boolean;
  /** Recovery codes that were not used. */
  recoveryCodes: number;
}

export async function showAccount({ store }: EngineParts, user: UserId): Promise<Account> {
  const password = await store.read
    .selectFrom('passwords')
    .select('set_at')
    .where('user_id', '=', user)
    .executeTakeFirst();
  const { n } = await store.read
    .selectFrom('recovery_codes')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('user_id', '=', user)
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  return {
    hasPassword: password !== undefined,
    hasSecondFactor: await hasSecondFactor(store.read, user),
    recoveryCodes: Number(n),
  };
}

/** Is there anybody who signs in with a password? */
export async function anyPassword({ store }: EngineParts): Promise<boolean> {
  return (await store.read.selectFrom('passwords').select('set_at').limit(1).executeTakeFirst()) !== undefined;
}
