import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { User } from '../users/token';
import { passwordKeys, succeed } from './attempts';
import { type Client, enter } from './enter';
import { isPassword } from './password';
import type { SessionBegun } from './session';
import { countAttempt } from './waits';

/**
 * A name and a password. An unknown name, a wrong password and somebody without a password get the same answer after
 * the same time.
 * @returns undefined when they are not right
 * @throws WaitError
 */
export async function signInByPassword(
  parts: EngineParts,
  { name, password }: { name: string; password: string },
  client: Client,
): Promise<SessionBegun | undefined> {
  const known = await userWithPassword(parts.store.read, name);
  const keys = await passwordKeys(parts, parts.store.read, name, client.address, known?.id);
  await parts.store.write((tx) => countAttempt(parts, tx, keys));
  const right = await isPassword(parts.random, known?.hash, password);
  return parts.store.write(async (tx) => {
    // It may have been changed, or its person disabled, while it was being compared.
    if (!right || known === undefined || (await userWithPassword(tx, name))?.hash !== known.hash) {
      await recordRefusal(parts, tx, known, 'wrong name or password', client);
      return undefined;
    }
    await succeed(parts, tx, known.id, { address: client.address, keys });
    return enter(parts, tx, known, { proof: 'password', ...client });
  });
}

const userWithPassword = (db: Reader, name: string) =>
  db
    .selectFrom('users')
    .leftJoin('passwords', 'passwords.user_id', 'users.id')
    .select(['users.id', 'users.name', 'passwords.hash'])
    .where('users.name', '=', name)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst()
    .then((row) => row && { ...row, hash: row.hash ?? undefined });

/** What was typed as a name is not written down unless somebody has it: it may be a password in the wrong field. */
export const recordRefusal = (
  parts: EngineParts,
  tx: Tx,
  user: User | undefined,
  why: string,
  { address }: Client,
): Promise<void> =>
  recordAudit(parts, tx, {
    chain: 'system',
    actor: 'rule:sign-in',
    action: 'signin.refuse',
    object: user?.name ?? 'unknown',
    detail: { why, address },
  });
