import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { sha256 } from '../model/hash';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { sealIn } from '../store/vault-key';
import type { User } from '../users/token';
import { codeKeys } from './attempts';
import { recordRefusal } from './by-password';
import { type Client, hasSecondFactor } from './enter';
import { RECOVERY_CODES } from './limits';
import { enrolment, periodOf } from './totp';
import { countAttempt, forgive } from './waits';

const SEED_BYTES = 20;
const purposeOf = (user: UserId): string => `second-factor:${user}`;

/**
 * The seed that somebody's authenticator app is to learn; the same one until its first code was shown.
 * @throws GantryError `second-factor-set` when there is one already
 */
export const offerSecondFactor = (parts: EngineParts, user: User): Promise<{ uri: string; secret: string }> =>
  parts.store.write(async (tx) => {
    const known = await tx.selectFrom('second_factors').selectAll().where('user_id', '=', user.id).executeTakeFirst();
    if (known?.proven_at != null) throw alreadySet();
    if (known !== undefined) return enrolment(parts.vault.open(purposeOf(user.id), known.seed), user.name);
    const seed = parts.random.bytes(SEED_BYTES);
    await tx
      .insertInto('second_factors')
      .values({
        user_id: user.id,
        seed: await sealIn(tx, parts.vault, purposeOf(user.id), seed),
        made_at: parts.clock.now(),
        proven_at: null,
        last_period: 0,
      })
      .execute();
    return enrolment(seed, user.name);
  });

const alreadySet = (): GantryError =>
  new GantryError(
    'conflict',
    'second-factor-set',
    'you have a second factor already',
    'to begin anew, ask an admin: gantry user invite NAME --new-second-factor',
  );

/**
 * The first code of a new authenticator app. From then on it is asked for.
 * @param session id of an open session in which it is shown
 * @returns recovery codes, to be shown this once; undefined when the code is wrong
 * @throws GantryError `second-factor-set`; WaitError
 */
export async function proveSecondFactor(
  parts: EngineParts,
  user: User,
  code: string,
  client: Client,
  session: string | null,
): Promise<string[] | undefined> {
  await countCode(parts, user);
  return parts.store.write(async (tx) => {
    const codes = await proveIn(parts, tx, user, code, client);
    if (codes !== undefined && session !== null) await noteFactor(parts, tx, user, session);
    return codes;
  });
}

/** As `proveSecondFactor`, in the caller's transaction. Count the code first. */
export async function proveIn(
  parts: EngineParts,
  tx: Tx,
  user: User,
  code: string,
  client: Client,
): Promise<string[] | undefined> {
  if (await hasSecondFactor(tx, user.id)) throw alreadySet();
  if (!(await takeCode(parts, tx, user.id, code))) {
    await recordRefusal(parts, tx, user, 'wrong first code of a second factor', client);
    return undefined;
  }
  await forgive(tx, codeKeys(user.id, user.name));
  const codes = Array.from({ length: RECOVERY_CODES }, () => recoveryCode(parts));
  const rows = codes.map((one) => ({ hash: recoveryHash(user.id, one), user_id: user.id, used_at: null }));
  await tx.deleteFrom('recovery_codes').where('user_id', '=', user.id).execute();
  await tx.insertInto('recovery_codes').values(rows).execute();
  const proven = { proven_at: parts.clock.now() };
  await tx.updateTable('second_factors').set(proven).where('user_id', '=', user.id).execute();
  await recordAudit(parts, tx, {
    chain: 'system',
    actor: `user:${user.name}`,
    action: 'second-factor.set',
    object: user.name,
    detail: { recoveryCodes: codes.length },
  });
  return codes;
}

/** A session of this person has just shown the second factor. */
export const noteFactor = (parts: EngineParts, tx: Tx, user: User, session: string) =>
  tx
    .updateTable('signin_sessions')
    .set({ second_factor_at: parts.clock.now() })
    .where('user_id', '=', user.id)
    .where('id', '=', session)
    .execute();

/** Counts the attempt, in a transaction of its own: one that is wrong stays counted. @throws WaitError */
export const countCode = (parts: EngineParts, { id, name }: User): Promise<void> =>
  parts.store.write((tx) => countAttempt(parts, tx, codeKeys(id, name)));

/**
 * Is it somebody's code: of the authenticator app, or a recovery code? It is used up by that. Count it first.
 * A wrong one has its entry in the audit.
 */
export async function showCode(parts: EngineParts, tx: Tx, user: User, code: string, client: Client): Promise<boolean> {
  const right =
    (await hasSecondFactor(tx, user.id)) &&
    ((await takeCode(parts, tx, user.id, code)) || (await takeRecoveryCode(parts, tx, user, code)));
  if (right) await forgive(tx, codeKeys(user.id, user.name));
  else await recordRefusal(parts, tx, user, 'wrong code', client);
  return right;
}

async function takeCode(parts: EngineParts, tx: Tx, user: UserId, given: string): Promise<boolean> {
  const code = given.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(code)) return false;
  const row = await tx.selectFrom('second_factors').selectAll().where('user_id', '=', user).executeTakeFirst();
  if (row === undefined) return false;
  const period = periodOf(parts.vault.open(purposeOf(user), row.seed), code, parts.clock.now());
  // Somebody may have looked over a shoulder: no code is taken twice.
  if (period === null || period <= row.last_period) return false;
  await tx.updateTable('second_factors').set({ last_period: period }).where('user_id', '=', user).execute();
  return true;
}

/** Without letters and digits that look alike. */
const RECOVERY_LETTERS = 'abcdefghjkmnpqrstvwxyz23456789';

/** `k3mfq-9tzvp`: 49 bits. */
function recoveryCode({ random }: EngineParts): string {
  const letters = [...random.bytes(10)].map((byte) => RECOVERY_LETTERS[byte % RECOVERY_LETTERS.length] ?? '').join('');
  return `${letters.slice(0, 5)}-${letters.slice(5)}`;
}

const recoveryHash = (user: UserId, code: string): string => sha256(`${user}\n${code}`);

async function takeRecoveryCode(parts: EngineParts, tx: Tx, user: User, given: string): Promise<boolean> {
  const code = given.trim().toLowerCase();
  if (!/^[a-z2-9]{5}-[a-z2-9]{5}$/.test(code)) return false;
  const { numUpdatedRows } = await tx
    .updateTable('recovery_codes')
    .set({ used_at: parts.clock.now() })
    .where('hash', '=', recoveryHash(user.id, code))
    .where('used_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) return false;
  await recordAudit(parts, tx, {
    chain: 'system',
    actor: `user:${user.name}`,
    action: 'recovery-code.use',
    object: user.name,
    detail: {},
  });
  return true;
}
