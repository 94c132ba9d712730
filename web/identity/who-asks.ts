import type { Found, FoundSession } from '../../engine/signin/find';
import { COMMAND_PREFIX } from '../../engine/signin/session';
import type { WebParts } from '../parts';
import type { Context } from '../route';
import { sessionCookie } from './cookie';

/**
 * Whoever asks with this token, or as a command line in which somebody is signed in; undefined for nobody.
 * @param address where it asks from
 * @throws WaitError after far too many wrong ones; a right one is always taken
 */
export async function bearerOf(parts: WebParts, secret: string, address: string): Promise<Found | undefined> {
  const found = await lookBearer(parts, secret);
  if (found === undefined) await parts.engine.signin.noteWrongToken(address);
  else parts.useNotes.note(found);
  return found;
}

/**
 * As `bearerOf`, and it counts neither as a use nor as an attempt. One token in 4,096 happens to begin as the secrets of
 * sessions do.
 */
export async function lookBearer(parts: WebParts, secret: string): Promise<Found | undefined> {
  const session = secret.startsWith(COMMAND_PREFIX) ? await openSession(parts, secret, 'command') : undefined;
  return session ?? parts.engine.signin.ofToken(secret);
}

/** What `Authorization: Bearer …` brings; undefined without it. */
export const bearerIn = (authorization: string): string | undefined => /^Bearer (\S{1,200})$/i.exec(authorization)?.[1];

/** The session of this browser, when it opens something already. */
export async function browserSession(parts: WebParts, ctx: Context): Promise<FoundSession | undefined> {
  const cookie = sessionCookie(parts, ctx);
  const found = cookie === undefined ? undefined : await lookBrowser(parts, cookie);
  if (cookie === undefined || found === undefined) return undefined;
  ctx.state.session = cookie;
  parts.useNotes.note(found);
  return found;
}

/** As `browserSession`, and it does not count as a use. */
export const lookBrowser = (parts: WebParts, cookie: string): Promise<FoundSession | undefined> =>
  openSession(parts, cookie, 'browser');

async function openSession(parts: WebParts, secret: string, kind: 'browser' | 'command') {
  const found = await parts.engine.signin.ofSession(secret, kind);
  return found?.session.stage === 'open' ? found : undefined;
}
