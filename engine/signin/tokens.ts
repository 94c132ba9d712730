import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import { sha256 } from '../model/hash';
import type { UserId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { Reader, Tx } from '../store/store';
import type { Action } from '../users/actions';
import { hasAdmin } from '../users/guard';
import type { User } from '../users/token';
import { readScopes } from './find';
import { TOKEN_DEFAULT_MS, TOKEN_MOST_MS, TOKENS_MAX } from './limits';

export interface TokenWanted {
  name: string;
  /** What it may at most. It never may more than its user, whatever stands here. */
  may: readonly Action[];
  /** Name of the only app that it is for; left out: all that its user may see. */
  app?: string;
  /** Default: `TOKEN_DEFAULT_MS`. */
  livesMs?: number;
}

/** Times in ms UTC. */
export interface TokenShown {
  name: string;
  /** Null: all that its user may. */
  may: readonly Action[] | null;
  app: string | null;
  madeAt: number;
  /** Null: it ends only by being taken back. */
  endsAt: number | null;
  /** To the minute. */
  usedAt: number | null;
}

/**
 * Makes a token for somebody. It is handed out here and never again: what is stored is its hash.
 * @throws GantryError `token-taken`, `token-life`, `too-many-tokens`, `no-such-app`
 */
export async function createToken(
  parts: EngineParts,
  user: User,
  { name, may, app, livesMs = TOKEN_DEFAULT_MS }: TokenWanted,
): Promise<TokenShown & { token: string }> {
  if (livesMs < 1 || livesMs > TOKEN_MOST_MS) {
    throw new GantryError('invalid', 'token-life', 'a token lives for a year at most', 'ask for less: --expires 90d');
  }
  const token = `gantry_${parts.random.bytes(24).toString('base64url')}`;
  const now = parts.clock.now();
  const endsAt = now + livesMs;
  await parts.store.write(async (tx) => {
    await forgetEnded(tx, user.id, now);
    await demandRoom(tx, user.id, name);
    if (app !== undefined) await demandApp(tx, app);
    const bounds = { scopes: [...new Set(may)].join(' '), app: app ?? null, ends_at: endsAt };
    await tx
      .insertInto('tokens')
      .values({ hash: sha256(token), user_id: user.id, name, created_at: now, last_used_at: null, ...bounds })
      .execute();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: `user:${user.name}`,
      action: 'token.create',
      object: `${user.name}/${name}`,
      detail: { may: [...may], app: app ?? null, endsAt },
    });
  });
  return { token, name, may, app: app ?? null, madeAt: now, endsAt, usedAt: null };
}

/** A token that has ended opens nothing: its name is free again. */
const forgetEnded = (tx: Tx, userId: UserId, now: number) =>
  tx.deleteFrom('tokens').where('user_id', '=', userId).where('ends_at', '<=', now).execute();

async function demandRoom(tx: Tx, userId: UserId, name: string): Promise<void> {
  const known = await tx.selectFrom('tokens').select('name').where('user_id', '=', userId).execute();
  if (known.some((token) => token.name === name)) {
    const next = `take another name, or first: gantry token revoke ${name}`;
    throw new GantryError('conflict', 'token-taken', `you have a token "${name}" already`, next);
  }
  if (known.length < TOKENS_MAX) return;
  const next = 'take back what is not needed: gantry token list';
  throw new GantryError('conflict', 'too-many-tokens', `${TOKENS_MAX} tokens are the most that one person has`, next);
}

async function demandApp(db: Reader, name: string): Promise<void> {
  const known = await db.selectFrom('apps').select('id').where('name', '=', name).executeTakeFirst();
  if (known === undefined) {
    throw new GantryError('not-found', 'no-such-app', `there is no app "${name}"`, 'see: gantry app list');
  }
}

/** Somebody's tokens by name; those that have ended are left out. */
export async function listTokens(parts: EngineParts, userId: UserId): Promise<TokenShown[]> {
  const rows = await parts.store.read
    .selectFrom('tokens')
    .selectAll()
    .where('user_id', '=', userId)
    .where(({ eb, or }) => or([eb('ends_at', 'is', null), eb('ends_at', '>', parts.clock.now())]))
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    name: row.name,
    may: readScopes(row.scopes),
    app: row.app,
    madeAt: row.created_at,
    endsAt: row.ends_at,
    usedAt: row.last_used_at,
  }));
}

/** Takes back one of somebody's own tokens; sessions that began with it end. @throws GantryError `no-such-token`, `last-way-in` */
export async function revokeToken(parts: EngineParts, user: User, name: string): Promise<void> {
  await parts.store.write(async (tx) => {
    const gone = await tx
      .deleteFrom('tokens')
      .where('user_id', '=', user.id)
      .where('name', '=', name)
      .returning(['hash', 'scopes', 'app'])
      .execute();
    if (gone.length === 0) {
      throw new GantryError('not-found', 'no-such-token', `you have no token "${name}"`, 'see: gantry token list');
    }
    const whole = gone.some(({ scopes, app }) => scopes === null && app === null);
    if (whole && !(await hasAdmin(parts, tx))) {
      const problem = 'this token is the last way in of the last admin';
      throw new GantryError('conflict', 'last-way-in', problem, 'first set a password: open /me');
    }
    await tx
      .deleteFrom('signin_sessions')
      .where(
        'token_hash',
        'in',
        gone.map(({ hash }) => hash),
      )
      .execute();
    await recordAudit(parts, tx, {
      chain: 'system',
      actor: `user:${user.name}`,
      action: 'token.revoke',
      object: `${user.name}/${name}`,
      detail: {},
    });
  });
}
