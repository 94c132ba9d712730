import { sha256 } from '../model/hash';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import { KNOWN_ADDRESS_MS, KNOWN_ADDRESSES_MAX, WAITS } from './limits';
import { type Counted, countAttempt, forgive, WaitError } from './waits';

type Keys = (Counted & { whole?: true })[];

/**
 * What an attempt at an account is counted by. Where its person has signed in before, only what failed at this very
 * account counts: so nobody else, there or anywhere, can keep them out.
 * @param account as it was typed
 */
export async function passwordKeys(
  parts: EngineParts,
  db: Reader,
  account: string,
  address: string,
  user: UserId | undefined,
): Promise<Keys> {
  const where = placeOf(address);
  const name = sha256(account.toLowerCase());
  const pair = {
    key: `pair:${name}:${where}`,
    rule: WAITS.pair,
    told: `an account, from ${where}`,
    whole: true,
  } as const;
  if (user !== undefined && (await isKnownAddress(parts, db, user, where))) return [pair];
  return [
    pair,
    { key: `address:${where}`, rule: WAITS.address, told: where },
    { key: `account:${name}`, rule: WAITS.account, told: 'an account' },
  ];
}

export const codeKeys = (user: UserId, name: string): Keys => [
  { key: `code:${user}`, rule: WAITS.code, told: `second factor of ${name}`, whole: true },
];

/** @throws WaitError for one that comes too early */
export async function noteWrongToken(parts: EngineParts, address: string): Promise<void> {
  const where = placeOf(address);
  const key = `token:${where}`;
  const row = await parts.store.read
    .selectFrom('signin_waits')
    .select('until')
    .where('key', '=', key)
    .executeTakeFirst();
  const waitMs = (row?.until ?? 0) - parts.clock.now();
  // Mostly this is all: a flood is answered by a look, not by a write each.
  if (waitMs > 0) throw new WaitError(waitMs);
  await parts.store.write((tx) => countAttempt(parts, tx, [{ key, rule: WAITS.token, told: `tokens from ${where}` }]));
}

/** Whoever has an IPv6 address has 2^64 of them. */
export function placeOf(address: string): string {
  if (!address.includes(':')) return address;
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length;
  const whole = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...rest];
  return `${whole
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`;
}

async function isKnownAddress(parts: EngineParts, db: Reader, user: UserId, address: string): Promise<boolean> {
  const row = await db
    .selectFrom('signin_addresses')
    .select('seen_at')
    .where('user_id', '=', user)
    .where('address', '=', address)
    .executeTakeFirst();
  return row !== undefined && row.seen_at > parts.clock.now() - KNOWN_ADDRESS_MS;
}

/** Somebody has shown all that they had to: their attempts count no more, and their address is known. */
export async function succeed(
  parts: EngineParts,
  tx: Tx,
  user: UserId,
  { address, keys }: { address: string; keys: Keys },
): Promise<void> {
  await forgive(tx, keys);
  const seen = { seen_at: parts.clock.now() };
  await tx
    .insertInto('signin_addresses')
    .values({ user_id: user, address: placeOf(address), ...seen })
    .onConflict((conflict) => conflict.columns(['user_id', 'address']).doUpdateSet(seen))
    .execute();
  const spare = await tx
    .selectFrom('signin_addresses')
    .select('address')
    .where('user_id', '=', user)
    .orderBy('seen_at', 'desc')
    .offset(KNOWN_ADDRESSES_MAX)
    .limit(KNOWN_ADDRESSES_MAX)
    .execute();
  if (spare.length === 0) return;
  await tx
    .deleteFrom('signin_addresses')
    .where('user_id', '=', user)
    .where(
      'address',
      'in',
      spare.map((row) => row.address),
    )
    .execute();
}
