import { GantryError } from '../../engine/model/errors';
import { sealIn } from '../../engine/store/vault-key';
import { clientOf } from '../identity/client';
import { attemptCookie, setAttemptCookie, setSessionCookie } from '../identity/cookie';
import { type Attempt, PROVIDER_BACK, type Provider } from '../identity/provider';
import { PROVIDER_ATTEMPT_MS } from '../limits';
import type { WebParts } from '../parts';
import { ForbiddenError, notFound } from '../refusals';
import { type Context, query, type Route } from '../route';
import { ownPath, seeOther, wayOn } from './login';
import { render } from './render';

const PURPOSE = 'sign-in attempt';
type Kept = Attempt & { endsAt: number };

/** Signing in at the provider of the organisation's people, and coming back from there. */
export const loginProviderRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login/provider',
    permission: 'public',
    handle: async (parts, ctx) => {
      const provider = providerOf(parts, ctx);
      const { parts: engineParts } = parts.engine;
      const next = ownPath(query(ctx, 'next'));
      const { url, attempt } = await attemptIn(parts, ctx, () => provider.begin(next));
      const kept: Kept = { ...attempt, endsAt: engineParts.clock.now() + PROVIDER_ATTEMPT_MS };
      const { store, vault } = engineParts;
      setAttemptCookie(parts, ctx, await sealIn(store.read, vault, PURPOSE, Buffer.from(JSON.stringify(kept))));
      seeOther(ctx, url);
    },
  },
  {
    method: 'GET',
    path: PROVIDER_BACK,
    permission: 'public',
    handle: async (parts, ctx) => {
      const provider = providerOf(parts, ctx);
      const { signin } = parts.engine;
      const client = clientOf(ctx);
      const sealed = attemptCookie(ctx);
      setAttemptCookie(parts, ctx, null);
      const { session, next } = await attemptIn(parts, ctx, async () => {
        const attempt = openAttempt(parts, sealed);
        const person = await provider.finish(ctx.search, attempt);
        const begun = await signin.byProvider(person, client);
        if (begun === undefined) throw unknownPerson(provider);
        return { session: begun, next: attempt.next };
      });
      setSessionCookie(parts, ctx, session);
      // No redirect: what another site has begun carries no strict cookie, so the page itself goes on.
      const shell = { title: 'Signed in', events: '' };
      ctx.body = await render(parts, ctx, 'signed-in', shell, { to: wayOn(session, next) });
    },
  },
];

function providerOf({ provider }: WebParts, ctx: Context): Provider {
  if (provider === undefined) throw notFound(ctx.path);
  return provider;
}

/** Fails as `attemptByProvider` does; what is behind it is for the log alone. */
async function attemptIn<T>({ engine, log }: WebParts, ctx: Context, work: () => Promise<T>): Promise<T> {
  try {
    return await engine.signin.attemptByProvider(clientOf(ctx), work);
  } catch (error) {
    const [reason, ...behind] = reasonsIn(error);
    if (behind.length > 0) log.warn({ reason, behind }, 'a sign-in by provider failed');
    throw error;
  }
}

/** Its own words, then those of what caused it, and so on. */
const reasonsIn = (error: unknown): string[] =>
  error instanceof Error ? [error.message, ...reasonsIn(error.cause)] : [];

/** Only the browser that began comes back, and soon. @throws ForbiddenError `provider-attempt` */
function openAttempt({ engine }: WebParts, sealed: string | undefined): Attempt {
  const { vault, clock } = engine.parts;
  try {
    const kept = JSON.parse(vault.open(PURPOSE, sealed ?? '').toString('utf8')) as Kept;
    if (kept.endsAt > clock.now()) return kept;
  } catch (error) {
    // Nothing of ours, or of a key that is gone: as if there were none.
    if (!(error instanceof GantryError) || error.code === 'secret-key') throw error;
  }
  throw new ForbiddenError('this browser has begun no sign-in lately', 'sign in again', 'provider-attempt');
}

const unknownPerson = ({ name }: Provider): ForbiddenError =>
  new ForbiddenError(
    `${name} knows you, but here you are nobody yet, or no more`,
    'ask an admin: gantry user add NAME --email YOUR-ADDRESS; with another account there: gantry user unlink, then link',
    'provider-unknown',
  );
