import type { SessionBegun } from '../../engine/signin/session';
import { PROVIDER_ATTEMPT_MS } from '../limits';
import type { WebParts } from '../parts';
import type { Context } from '../route';

/**
 * By HTTPS browsers take a cookie of the second name only from this very host. Any app under the same domain could set
 * the first one for all of it, and sign people out, or in as somebody else.
 */
const NAMES = { plain: 'gantry_session', secure: '__Host-gantry_session' } as const;
const OPTIONS = { httpOnly: true, sameSite: 'strict', overwrite: true, path: '/' } as const;

/** A proxy that ends TLS need not say so: what people call does. */
const isSecure = ({ url }: WebParts, ctx: Context): boolean => ctx.secure || url.startsWith('https:');
const nameOf = (secure: boolean): string => (secure ? NAMES.secure : NAMES.plain);

/** What the browser shows; undefined without a session. */
export const sessionCookie = (parts: WebParts, ctx: Context): string | undefined =>
  ctx.cookies.get(nameOf(isSecure(parts, ctx)));

/** Has the browser keep the session until it ends, or forget it (null). */
export function setSessionCookie(parts: WebParts, ctx: Context, session: SessionBegun | null): void {
  const secure = isSecure(parts, ctx);
  const expires = session === null ? {} : { expires: new Date(session.endsAt) };
  ctx.cookies.secure = secure;
  ctx.cookies.set(nameOf(secure), session?.secret ?? null, { ...OPTIONS, secure, ...expires });
}

/** A sign-in at a provider, until the browser comes back from there: that is why it must not be strict. */
const ATTEMPT = 'gantry_signin';

export const attemptCookie = (ctx: Context): string | undefined => ctx.cookies.get(ATTEMPT);

export function setAttemptCookie(parts: WebParts, ctx: Context, value: string | null): void {
  const secure = isSecure(parts, ctx);
  ctx.cookies.secure = secure;
  const lives = value === null ? {} : { maxAge: PROVIDER_ATTEMPT_MS };
  ctx.cookies.set(ATTEMPT, value, {
    httpOnly: true,
    sameSite: 'lax',
    overwrite: true,
    path: '/login',
    secure,
    ...lives,
  });
}
