import { FRESH_FACTOR_MS } from '../../engine/signin/limits';
import type { Principal } from '../../engine/signin/principal';
import type { WebParts } from '../parts';
import { ForbiddenError, UnauthorizedError } from '../refusals';
import type { Context } from '../route';

/** The principal of a request that was admitted as one. */
export function principalOf(ctx: Context): Principal {
  const { principal } = ctx.state;
  if (principal === undefined) throw new UnauthorizedError();
  return principal;
}

/**
 * What only a person may do, who has just shown a second factor: to approve. As long as there is one user, a token is
 * enough.
 * @throws ForbiddenError `person-needed`, `second-factor-needed`
 */
export async function demandPerson(parts: WebParts, ctx: Context): Promise<void> {
  const { engine } = parts;
  if (await engine.users.isSolo()) return;
  const { by, kind, secondFactorAt } = principalOf(ctx);
  if (by === 'token') {
    throw new ForbiddenError('a token cannot approve: people do that', 'sign in: gantry login', 'person-needed');
  }
  const age = engine.parts.clock.now() - (secondFactorAt ?? 0);
  if (age <= FRESH_FACTOR_MS[kind ?? 'browser']) return;
  const words = 'to approve, show your second factor: the last time is too long ago';
  throw new ForbiddenError(words, `open ${parts.url}/confirm, or: gantry login --confirm`, 'second-factor-needed');
}

/**
 * Else whoever finds a token makes themselves the person whose it is. As long as there is one user, it is all they have.
 * @throws ForbiddenError `person-needed`
 */
async function demandOwnHand({ engine }: WebParts, ctx: Context, refused: string): Promise<void> {
  if (principalOf(ctx).by === 'session' || (await engine.users.isSolo())) return;
  const next = 'sign in as yourself; without a password ask an admin: gantry user invite NAME';
  throw new ForbiddenError(`with a token ${refused}`, next, 'person-needed');
}

/**
 * Lets the person act for themselves, and nobody who holds less than all of their rights.
 * @param refused what is not done with a token, as the end of a sentence
 * @throws ForbiddenError `person-needed`, `token-narrowed`
 */
export async function demandSelf(
  parts: WebParts,
  ctx: Context,
  refused = 'neither password nor second factor can be set',
): Promise<void> {
  await demandOwnHand(parts, ctx, refused);
  demandWhole(ctx);
}

/** Does whoever asks hold all of their rights? */
export function isWhole(ctx: Context): boolean {
  const { scopes, app } = principalOf(ctx);
  return scopes === null && app === null;
}

/** Else a token that may little would make itself one that may more. @throws ForbiddenError `token-narrowed` */
export function demandWhole(ctx: Context): void {
  if (isWhole(ctx)) return;
  throw new ForbiddenError('a narrowed token makes no other way in', 'sign in: gantry login', 'token-narrowed');
}
