import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { sha256 } from '../model/hash';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { placeOf } from './attempts';
import type { Client } from './enter';
import { LOGIN_REQUEST_MS, LOGIN_REQUESTS_FROM_ONE, LOGIN_REQUESTS_MAX } from './limits';
import type { Principal } from './principal';
import { beginSession, type SessionBegun } from './session';

/** A command line that wants to be signed in, as the person sees it. */
export interface LoginShown {
  code: string;
  agent: string;
  address: string;
  endsAt: number;
}

/**
 * A command line asks to be let in. It keeps the secret; the person compares the code.
 * @throws GantryError `too-many-logins`
 */
export async function askForLogin(
  parts: EngineParts,
  { agent, address }: Client,
): Promise<{ secret: string; code: string; endsAt: number }> {
  const secret = parts.random.bytes(32).toString('base64url');
  const code = codeFrom(parts.random.bytes(8));
  const now = parts.clock.now();
  const endsAt = now + LOGIN_REQUEST_MS;
  await parts.store.write(async (tx) => {
    await tx.deleteFrom('login_requests').where('ends_at', '<=', now).execute();
    await demandRoom(tx, address);
    await tx
      .insertInto('login_requests')
      .values({ hash: sha256(secret), code, agent: agent.slice(0, 200), address, ends_at: endsAt })
      .execute();
  });
  return { secret, code, endsAt };
}

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';

/** `BDFK-MPRT`: letters that make no words and are not mistaken for digits. */
function codeFrom(bytes: Buffer): string {
  const letters = [...bytes].map((byte) => LETTERS[byte % LETTERS.length] ?? '').join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}

async function demandRoom(tx: Tx, address: string): Promise<void> {
  const rows = await tx.selectFrom('login_requests').select('address').limit(LOGIN_REQUESTS_MAX).execute();
  const fromHere = rows.filter((row) => placeOf(row.address) === placeOf(address)).length;
  if (rows.length < LOGIN_REQUESTS_MAX && fromHere < LOGIN_REQUESTS_FROM_ONE) return;
  throw new GantryError(
    'busy',
    'too-many-logins',
    'too many command lines wait to be let in',
    'try again in 10 minutes',
  );
}

/** What waits under this code. @throws GantryError `no-such-login` */
export async function findLogin(parts: EngineParts, code: string): Promise<LoginShown> {
  const row = await parts.store.read
    .selectFrom('login_requests')
    .select(['code', 'agent', 'address', 'ends_at'])
    .where('code', '=', code)
    .where('decision', 'is', null)
    .where('ends_at', '>', parts.clock.now())
    .executeTakeFirst();
  if (row === undefined) throw unknownLogin();
  const { ends_at: endsAt, ...shown } = row;
  return { ...shown, endsAt };
}

const unknownLogin = (): GantryError =>
  new GantryError(
    'not-found',
    'no-such-login',
    'no command line waits with this code; it ends after 10 minutes',
    'start again: gantry login',
  );

/** Lets the command line in as this person, or turns it away. @throws GantryError `no-such-login` */
export async function decideLogin(
  parts: EngineParts,
  { user, by, secondFactorAt }: Pick<Principal, 'user' | 'by' | 'secondFactorAt'>,
  { code, yes }: { code: string; yes: boolean },
): Promise<void> {
  const decided = {
    decision: yes ? 'yes' : 'no',
    user_id: user.id,
    proof: by === 'token' ? 'token' : 'browser',
    second_factor_at: secondFactorAt,
  } as const;
  await parts.store.write(async (tx) => {
    const { numUpdatedRows } = await tx
      .updateTable('login_requests')
      .set(decided)
      .where('code', '=', code)
      .where('decision', 'is', null)
      .where('ends_at', '>', parts.clock.now())
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 0n) throw unknownLogin();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: `user:${user.name}`,
      action: yes ? 'login.allow' : 'login.refuse',
      object: user.name,
      detail: { code },
    });
  });
}

export type LoginTaken =
  | { state: 'waiting' }
  | { state: 'refused' }
  | { state: 'begun'; user: string; session: SessionBegun };

/**
 * What became of it; a session is handed out once.
 * @throws GantryError `no-such-login` for one that has ended, or was taken
 */
export const takeLogin = (parts: EngineParts, secret: string, client: Client): Promise<LoginTaken> =>
  parts.store.write(async (tx) => {
    const row = await tx
      .selectFrom('login_requests')
      .selectAll()
      .where('hash', '=', sha256(secret))
      .where('ends_at', '>', parts.clock.now())
      .executeTakeFirst();
    if (row === undefined) throw unknownLogin();
    if (row.decision === null) return { state: 'waiting' };
    await tx.deleteFrom('login_requests').where('hash', '=', row.hash).execute();
    const user = row.decision === 'yes' && row.user_id !== null ? await enabledUser(tx, row.user_id) : undefined;
    if (user === undefined) return { state: 'refused' };
    const shown = { proof: row.proof ?? 'browser', secondFactorAt: row.second_factor_at };
    const session = await beginSession(parts, tx, { user, kind: 'command', ...shown, ...client });
    return { state: 'begun', user: user.name, session };
  });

const enabledUser = (tx: Tx, id: UserId) =>
  tx
    .selectFrom('users')
    .select(['id', 'name'])
    .where('id', '=', id)
    .where('disabled_at', 'is', null)
    .executeTakeFirst();
