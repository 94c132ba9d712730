import { sha256 } from '../../engine/model/hash';
import { setSessionCookie } from '../identity/cookie';
import { readForm } from '../read-body';
import { type Context, query, type Route } from '../route';
import { render } from './render';

export const loginRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login',
    permission: 'public',
    handle: async (parts, ctx) => {
      ctx.body = await render(parts, ctx, 'login', SHELL, { refused: false, next: ownPath(query(ctx, 'next')) });
    },
  },
  {
    method: 'POST',
    path: '/login',
    permission: 'public',
    handle: async (parts, ctx) => {
      const form = await readForm(ctx);
      const token = (form.get('token') ?? '').trim();
      const next = ownPath(form.get('next') ?? undefined);
      const user = await parts.engine.users.ofToken(token);
      if (user === undefined) {
        ctx.status = 401;
        ctx.body = await render(parts, ctx, 'login', SHELL, { refused: true, next });
        return;
      }
      setSessionCookie(parts, ctx, parts.sessions.begin(sha256(token)));
      parts.log.info({ user: user.name }, 'somebody signed in');
      seeOther(ctx, next);
    },
  },
  {
    method: 'POST',
    path: '/logout',
    permission: 'page',
    handle: (parts, ctx) => {
      setSessionCookie(parts, ctx, null);
      seeOther(ctx, '/login');
    },
  },
];

const SHELL = { title: 'Sign in', events: '' };

/** After a form the browser is sent on, so that loading again does not send it again. */
export function seeOther(ctx: Context, to: string): void {
  ctx.redirect(to);
  ctx.status = 303;
}

/** Only a path of our own: `//elsewhere` and `https:` would lead away. */
export const ownPath = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[\w\-./?=&%#]*$/.test(next) ? next : '/';
