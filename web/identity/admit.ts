import { assertNever } from '../../engine/model/errors';
import type { User } from '../../engine/users/token';
import type { WebParts } from '../parts';
import { readForm } from '../read-body';
import { ForbiddenError, UnauthorizedError } from '../refusals';
import type { Context, Permission } from '../route';
import { sessionCookie } from './cookie';
import { sameText } from './session';

/**
 * Who asks, and may they? True when the route may go on. One answer for a missing, a malformed and a wrong token.
 * @throws UnauthorizedError, ForbiddenError.
 */
export async function admit(parts: WebParts, ctx: Context, permission: Permission): Promise<boolean> {
  switch (permission) {
    case 'public':
      if (ctx.method === 'POST') demandSameOrigin(parts, ctx);
      return true;
    case 'user':
      return admitUser(parts, ctx);
    case 'page':
      return admitPage(parts, ctx);
    case 'git':
      return admitGit(parts, ctx);
    case 'hook':
      if (!sameText(ctx.get('X-Gantry-Hook'), parts.hook.secret)) throw new UnauthorizedError();
      return true;
    case 'signature':
      return true;
    default:
      return assertNever(permission);
  }
}

/** A session opens reads only: a form of another site can send its cookie, but never a bearer token. */
async function admitUser(parts: WebParts, ctx: Context): Promise<boolean> {
  const bearer = /^Bearer (\S{1,200})$/i.exec(ctx.get('Authorization'))?.[1];
  const user = bearer === undefined ? await sessionUser(parts, ctx) : await parts.engine.users.ofToken(bearer);
  const reads = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (user === undefined || (bearer === undefined && !reads)) {
    ctx.set('WWW-Authenticate', 'Bearer realm="Gantry"');
    throw new UnauthorizedError();
  }
  ctx.state.user = user;
  return true;
}

async function admitPage(parts: WebParts, ctx: Context): Promise<boolean> {
  const user = await sessionUser(parts, ctx);
  if (user === undefined) {
    const back = ctx.method === 'GET' && ctx.path !== '/' ? `?next=${encodeURIComponent(ctx.url)}` : '';
    ctx.redirect(`/login${back}`);
    ctx.status = 303;
    return false;
  }
  ctx.state.user = user;
  if (ctx.method !== 'POST') return true;
  demandSameOrigin(parts, ctx);
  const form = await readForm(ctx);
  if (!parts.sessions.isFormToken(ctx.state.session ?? '', form.get('form') ?? '')) {
    throw new ForbiddenError('the form is too old, or was not made by Gantry', 'load the page again, then send it');
  }
  ctx.state.form = form;
  return true;
}

async function admitGit(parts: WebParts, ctx: Context): Promise<boolean> {
  const basic = /^Basic ([\w+/=-]{1,1000})$/i.exec(ctx.get('Authorization'))?.[1];
  const text = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8');
  const token = text.slice(text.indexOf(':') + 1);
  const user = text.includes(':') ? await parts.engine.users.ofToken(token) : undefined;
  if (user === undefined) {
    ctx.set('WWW-Authenticate', 'Basic realm="Gantry: any user name, the token as password", charset="UTF-8"');
    throw new UnauthorizedError();
  }
  ctx.state.user = user;
  return true;
}

async function sessionUser(parts: WebParts, ctx: Context): Promise<User | undefined> {
  const cookie = sessionCookie(parts, ctx);
  const hash = cookie === undefined ? undefined : parts.sessions.open(cookie);
  if (cookie === undefined || hash === undefined) return undefined;
  ctx.state.session = cookie;
  return parts.engine.users.ofTokenHash(hash);
}

/** Browsers say where a form comes from; what says nothing is no browser and has the API. */
function demandSameOrigin({ url }: WebParts, ctx: Context): void {
  const site = ctx.get('Sec-Fetch-Site');
  if (site === 'same-origin') return;
  const origin = ctx.get('Origin');
  // A proxy may have put another host into its place, so the address that people call counts as well.
  const own = [ctx.host, new URL(url).host];
  if (site === '' && URL.canParse(origin) && own.includes(new URL(origin).host)) return;
  throw new ForbiddenError('this form was not sent from a page of Gantry', 'open the page in Gantry and send it there');
}
