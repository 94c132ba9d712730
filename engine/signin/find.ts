import type { Selectable } from 'kysely';
import { sha256 } from '../model/hash';
import type { EngineParts } from '../parts';
import type { SigninKind, SigninTables } from '../store/signin-tables';
import type { Reader } from '../store/store';
import type { Action } from '../users/actions';
import { SESSION_LIVES } from './limits';
import type { Principal } from './principal';

/** Who asks, and by which row: for noting that it was used. */
export interface Found {
  principal: Principal;
  by: { table: 'tokens' | 'signin_sessions'; hash: string; usedAt: number | null };
}

export interface FoundSession extends Found {
  session: Pick<Selectable<SigninTables['signin_sessions']>, 'hash' | 'id' | 'stage' | 'proof' | 'made_at' | 'ends_at'>;
}

/** Whose token this is; undefined for one that nobody has, that has ended, or whose user is disabled. */
export async function findToken(parts: EngineParts, token: string): Promise<Found | undefined> {
  const hash = sha256(token);
  const row = await parts.store.read
    .selectFrom('tokens')
    .innerJoin('users', 'users.id', 'tokens.user_id')
    .select(['users.id', 'users.name', 'tokens.name as token', 'tokens.scopes', 'tokens.app', 'tokens.last_used_at'])
    .where('tokens.hash', '=', hash)
    .where('users.disabled_at', 'is', null)
    .where(({ eb, or }) => or([eb('tokens.ends_at', 'is', null), eb('tokens.ends_at', '>', parts.clock.now())]))
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { id, name, token: tokenName, scopes, app } = row;
  return {
    principal: {
      user: { id, name },
      by: 'token',
      scopes: readScopes(scopes),
      app,
      token: tokenName,
      session: null,
      kind: null,
      secondFactorAt: null,
    },
    by: { table: 'tokens', hash, usedAt: row.last_used_at },
  };
}

/**
 * The session that this secret opens, at whatever stage it is; undefined for one that has ended or was never begun. It
 * ends with the token that it began with, and while its user is disabled.
 */
export async function findSession(
  parts: EngineParts,
  secret: string,
  kind: SigninKind,
): Promise<FoundSession | undefined> {
  const now = parts.clock.now();
  const row = await sessionRow(parts.store.read, sha256(secret), kind, now);
  if (row === undefined || (row.token_hash !== null && !row.token_lives)) return undefined;
  const { id, name, scopes, app, session_id, ...session } = row;
  return {
    principal: {
      user: { id, name },
      // A browser into which a token was pasted proves what the token proves.
      by: session.proof === 'token' ? 'token' : 'session',
      scopes: readScopes(scopes),
      app,
      session: session_id,
      kind,
      secondFactorAt: session.second_factor_at,
    },
    by: { table: 'signin_sessions', hash: session.hash, usedAt: session.seen_at },
    session: { ...session, id: session_id },
  };
}

const sessionRow = (db: Reader, hash: string, kind: SigninKind, now: number) =>
  db
    .selectFrom('signin_sessions as s')
    .innerJoin('users', 'users.id', 's.user_id')
    .leftJoin('tokens', 'tokens.hash', 's.token_hash')
    .select(['users.id', 'users.name', 'tokens.scopes', 'tokens.app'])
    .select(['s.hash', 's.id as session_id', 's.stage', 's.proof', 's.made_at', 's.ends_at', 's.seen_at'])
    .select(['s.second_factor_at', 's.token_hash'])
    .select(({ eb, and, or }) =>
      and([
        eb('tokens.hash', 'is not', null),
        or([eb('tokens.ends_at', 'is', null), eb('tokens.ends_at', '>', now)]),
      ]).as('token_lives'),
    )
    .where('s.hash', '=', hash)
    .where('s.kind', '=', kind)
    .where('s.ends_at', '>', now)
    .where('s.seen_at', '>', now - SESSION_LIVES[kind].idleMs)
    .where('users.disabled_at', 'is', null)
    .executeTakeFirst();

/** As `tokens.scopes` is written; null: no bound but the user's own. */
export const readScopes = (text: string | null): readonly Action[] | null =>
  text === null ? null : (text.split(' ') as Action[]);
