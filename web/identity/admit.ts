import { assertNever } from '../../engine/model/errors';
import type { Found } from '../../engine/signin/find';
import type { WebParts } from '../parts';
import { readForm } from '../read-body';
import { ForbiddenError, UnauthorizedError } from '../refusals';
import type { Context, Permission } from '../route';
import { clientOf } from './client';
import { sameText } from './forms';
import { bearerIn, bearerOf, browserSession, lookBearer, lookBrowser } from './who-asks';

/**
 * Who asks, and may they? True when the route may go on. One answer for a missing, a malformed and a wrong token.
 * @throws UnauthorizedError, ForbiddenError.
 */
export async function admit(parts: WebParts, ctx: Context, permission: Permission): Promise<boolean> {
  switch (permission) {
    case 'public':
      // What browsers can make a form of; of the API only a command line's way in is public, and it carries no cookie.
      if (ctx.method === 'POST' && !ctx.path.startsWith('/api/')) demandSameOrigin(parts, ctx);
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
  const bearer = bearerIn(ctx.get('Authorization'));
  const found =
    bearer === undefined ? await browserSession(parts, ctx) : await bearerOf(parts, bearer, clientOf(ctx).address);
  const reads = ctx.method === 'GET' || ctx.method === 'HEAD';
  if (found === undefined || (bearer === undefined && !reads)) {
    ctx.set('WWW-Authenticate', 'Bearer realm="Gantry"');
    throw new UnauthorizedError();
  }
  const { session = '' } = ctx.state;
  remember(ctx, found, () => (bearer === undefined ? lookBrowser(parts, session) : lookBearer(parts, bearer)));
  return true;
}

async function admitPage(parts: WebParts, ctx: Context): Promise<boolean> {
  const found = await browserSession(parts, ctx);
  if (found === undefined) {
    const back = ctx.method === 'GET' && ctx.path !== '/' ? `?next=${encodeURIComponent(ctx.url)}` : '';
    ctx.redirect(`/login${back}`);
    ctx.status = 303;
    return false;
  }
  remember(ctx, found, () => lookBrowser(parts, ctx.state.session ?? ''));
  if (ctx.method !== 'POST') return true;
  demandSameOrigin(parts, ctx);
  const form = await readForm(ctx);
  if (!parts.forms.isOf(ctx.state.session ?? '', form.get('form') ?? '')) {
    throw new ForbiddenError('the form is too old, or was not made by Gantry', 'load the page again, then send it');
  }
  ctx.state.form = form;
  return true;
}

async function admitGit(parts: WebParts, ctx: Context): Promise<boolean> {
  const basic = /^Basic ([\w+/=-]{1,1000})$/i.exec(ctx.get('Authorization'))?.[1];
  const text = basic === undefined ? '' : Buffer.from(basic, 'base64').toString('utf8');
  const token = text.slice(text.indexOf(':') + 1);
  const found = text.includes(':') ? await bearerOf(parts, token, clientOf(ctx).address) : undefined;
  if (found === undefined) {
    ctx.set('WWW-Authenticate', 'Basic realm="Gantry: any user name, the token as password", charset="UTF-8"');
    throw new UnauthorizedError();
  }
  remember(ctx, found, () => lookBearer(parts, token));
  return true;
}

/** @param again looks once more, for what stays open: whoever it was may have been shut out meanwhile */
function remember(ctx: Context, { principal }: Found, again: () => Promise<Found | undefined>): void {
  ctx.state.user = principal.user;
  ctx.state.principal = principal;
  ctx.state.again = async () => (await again())?.principal;
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
