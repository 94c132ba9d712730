import type { SessionBegun } from '../../engine/signin/session';
import { clientOf } from '../identity/client';
import { setSessionCookie } from '../identity/cookie';
import { principalOf } from '../identity/principal';
import type { WebParts } from '../parts';
import { readForm } from '../read-body';
import { type Context, query, type Route } from '../route';
import { render } from './render';

export const loginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login',
    permission: 'public',
    handle: (parts, ctx) => showLogin(parts, ctx, ownPath(query(ctx, 'next')), ''),
  },
  {
    method: 'POST',
    path: '/login',
    permission: 'public',
    handle: async (parts, ctx) => {
      const form = await readForm(ctx);
      const next = ownPath(form.get('next') ?? undefined);
      const token = form.get('token');
      const session = token === null ? await byPassword(parts, ctx, form) : await byToken(parts, ctx, token.trim());
      if (session !== undefined) return begin(parts, ctx, session, next);
      ctx.status = 401;
      const words = token === null ? 'Nobody has this name and this password.' : 'Nobody has this token.';
      await showLogin(parts, ctx, next, words);
    },
  },
  {
    method: 'POST',
    path: '/logout',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      const { user, session } = principalOf(ctx);
      if (session !== null) await parts.engine.signin.endSession(user, session);
      setSessionCookie(parts, ctx, null);
      seeOther(ctx, '/login');
    },
  },
];

/** As long as nobody has a password, a token is the only way. */
async function showLogin(parts: WebParts, ctx: Context, next: string, refused: string): Promise<void> {
  const passwords = await parts.engine.signin.anyPassword();
  const provider = parts.provider?.name ?? '';
  ctx.body = await render(
    parts,
    ctx,
    'login',
    { title: 'Sign in', events: '' },
    { refused, next, passwords, provider },
  );
}

const byPassword = ({ engine }: WebParts, ctx: Context, form: URLSearchParams): Promise<SessionBegun | undefined> => {
  const typed = { name: (form.get('name') ?? '').trim().slice(0, 200), password: form.get('password') ?? '' };
  return engine.signin.byPassword(typed, clientOf(ctx));
};

async function byToken({ engine }: WebParts, ctx: Context, token: string): Promise<SessionBegun | undefined> {
  const client = clientOf(ctx);
  const session = await engine.signin.byToken(token, client);
  if (session === undefined) await engine.signin.noteWrongToken(client.address);
  return session;
}

/** Where each stage of a session goes on. */
const STAGES = { open: undefined, code: '/login/code', enrol: '/login/enrol' } as const;

/** Hands the session to the browser, and sends it on: to what is still missing, else to where it wanted to go. */
export function begin(parts: WebParts, ctx: Context, session: SessionBegun, next: string): void {
  setSessionCookie(parts, ctx, session);
  seeOther(ctx, wayOn(session, next));
}

/** Where a session that has just begun goes on. */
export function wayOn({ stage }: SessionBegun, next: string): string {
  const missing = STAGES[stage];
  return missing === undefined ? next : `${missing}?next=${encodeURIComponent(next)}`;
}

/** After a form the browser is sent on, so that loading again does not send it again. */
export function seeOther(ctx: Context, to: string): void {
  ctx.redirect(to);
  ctx.status = 303;
}

/** Only a path of our own: `//elsewhere` and `https:` would lead away. */
export const ownPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[\w\-./?=&%#]*$/.test(next) ? next : '/';
