import { clientOf } from '../identity/client';
import { setSessionCookie } from '../identity/cookie';
import { demandSelf, demandWhole, isWhole, principalOf } from '../identity/principal';
import type { WebParts } from '../parts';
import { type Context, param, query, type Route } from '../route';
import { begin, ownPath, seeOther } from './login';
import { secondFactorOffer, showRecoveryCodes } from './login-code';
import { render } from './render';

/** What is one's own: password, second factor, sessions, tokens. */
export const mePageRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/me',
    permission: 'page',
    may: 'signed-in',
    handle: (parts, ctx) => showMe(parts, ctx),
  },
  {
    method: 'POST',
    path: '/me/password',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      const [current, password] = ['current', 'password'].map((field) => ctx.state.form?.get(field) ?? '');
      const typed = { current: current ?? '', password: password ?? '' };
      begin(parts, ctx, await parts.engine.signin.changePassword(principalOf(ctx), typed, clientOf(ctx)), '/me');
    },
  },
  {
    method: 'POST',
    path: '/me/sessions/:session/end',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      const { user, session } = principalOf(ctx);
      const ended = param(ctx, 'session');
      if (ended !== session) demandWhole(ctx);
      await parts.engine.signin.endSession(user, ended);
      if (ended === session) setSessionCookie(parts, ctx, null);
      seeOther(ctx, '/me');
    },
  },
  {
    method: 'GET',
    path: '/me/second-factor',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      await showEnrol(parts, ctx, '');
    },
  },
  {
    method: 'POST',
    path: '/me/second-factor',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      const { user, session } = principalOf(ctx);
      const codes = await parts.engine.signin.proveSecondFactor(user, codeOf(ctx), clientOf(ctx), session);
      if (codes !== undefined) return showRecoveryCodes(parts, ctx, codes, '/me');
      ctx.status = 401;
      await showEnrol(parts, ctx, 'This is not the code of this moment; try the next one.');
    },
  },
  {
    method: 'GET',
    path: '/confirm',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      const { hasSecondFactor } = await parts.engine.signin.account(principalOf(ctx).user.id);
      if (!hasSecondFactor) return seeOther(ctx, '/me/second-factor');
      await showConfirm(parts, ctx, ownPath(query(ctx, 'next')), '');
    },
  },
  {
    method: 'POST',
    path: '/confirm',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      const { user, session } = principalOf(ctx);
      const next = ownPath(ctx.state.form?.get('next') ?? undefined);
      const shown = { session: session ?? '', code: codeOf(ctx) };
      if (await parts.engine.signin.confirm(user, shown, clientOf(ctx))) return seeOther(ctx, next);
      ctx.status = 401;
      await showConfirm(parts, ctx, next, 'This is not the code of this moment; try the next one.');
    },
  },
];

const codeOf = (ctx: Context): string => (ctx.state.form?.get('code') ?? '').slice(0, 40);

async function showMe(parts: WebParts, ctx: Context): Promise<void> {
  const { signin, parts: engineParts } = parts.engine;
  const { user, session } = principalOf(ctx);
  const whole = isWhole(ctx);
  const [account, sessions, tokens] = await Promise.all([
    signin.account(user.id),
    whole ? signin.sessions(user.id, session) : [],
    whole ? signin.tokens(user.id) : [],
  ]);
  const shell = { title: user.name, events: '' };
  const shown = tokens.map((token) => ({ ...token, may: token.may?.join(', ') ?? 'all that you may' }));
  ctx.body = await render(parts, ctx, 'me', shell, {
    ...account,
    name: user.name,
    whole,
    sessions,
    tokens: shown,
    now: engineParts.clock.now(),
  });
}

async function showEnrol(parts: WebParts, ctx: Context, refused: string): Promise<void> {
  const offer = await secondFactorOffer(parts, principalOf(ctx).user);
  const shell = { title: 'Second factor', events: '' };
  ctx.body = await render(parts, ctx, 'login-enrol', shell, {
    ...offer,
    next: '/me',
    refused,
    action: '/me/second-factor',
  });
}

async function showConfirm(parts: WebParts, ctx: Context, next: string, refused: string): Promise<void> {
  const shell = { title: 'Confirm that it is you', events: '' };
  ctx.body = await render(parts, ctx, 'login-code', shell, { next, refused, action: '/confirm' });
}
