import type { FoundSession } from '../../engine/signin/find';
import type { SigninStage } from '../../engine/store/signin-tables';
import { clientOf } from '../identity/client';
import { sessionCookie, setSessionCookie } from '../identity/cookie';
import type { WebParts } from '../parts';
import { readForm } from '../read-body';
import { ForbiddenError } from '../refusals';
import { type Context, query, type Route } from '../route';
import { begin, ownPath, seeOther } from './login';
import { render } from './render';

const SHELL = { title: 'Sign in', events: '' };
const WRONG = 'This is not the code of this moment. Look at the clocks of both machines, and try the next one.';

/** What follows a password: the second factor, or setting one up. */
export const loginCodeRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login/code',
    permission: 'public',
    handle: async (parts, ctx) => {
      const half = await halfSession(parts, ctx, 'code');
      if (half !== undefined) await showCode(parts, ctx, ownPath(query(ctx, 'next')), '');
    },
  },
  {
    method: 'POST',
    path: '/login/code',
    permission: 'public',
    handle: async (parts, ctx) => {
      const half = await halfSession(parts, ctx, 'code');
      if (half === undefined) return;
      const { code, next } = await halfForm(parts, ctx);
      const session = await parts.engine.signin.completeByCode(half, code, clientOf(ctx));
      if (session !== undefined) return begin(parts, ctx, session, next);
      ctx.status = 401;
      await showCode(parts, ctx, next, WRONG);
    },
  },
  {
    method: 'GET',
    path: '/login/enrol',
    permission: 'public',
    handle: async (parts, ctx) => {
      const half = await halfSession(parts, ctx, 'enrol');
      if (half !== undefined) await showEnrol(parts, ctx, half, ownPath(query(ctx, 'next')), '');
    },
  },
  {
    method: 'POST',
    path: '/login/enrol',
    permission: 'public',
    handle: async (parts, ctx) => {
      const half = await halfSession(parts, ctx, 'enrol');
      if (half === undefined) return;
      const { code, next } = await halfForm(parts, ctx);
      const enrolled = await parts.engine.signin.completeByEnrolling(half, code, clientOf(ctx));
      if (enrolled === undefined) {
        ctx.status = 401;
        return showEnrol(parts, ctx, half, next, WRONG);
      }
      setSessionCookie(parts, ctx, enrolled.session);
      await showRecoveryCodes(parts, ctx, enrolled.recoveryCodes, next);
    },
  },
];

/** The session that waits for this; without one the browser begins anew. */
async function halfSession(parts: WebParts, ctx: Context, stage: SigninStage): Promise<FoundSession | undefined> {
  const cookie = sessionCookie(parts, ctx);
  const found = cookie === undefined ? undefined : await parts.engine.signin.ofSession(cookie, 'browser');
  if (cookie === undefined || found?.session.stage !== stage) {
    seeOther(ctx, '/login');
    return undefined;
  }
  ctx.state.session = cookie;
  return found;
}

async function halfForm(parts: WebParts, ctx: Context): Promise<{ code: string; next: string }> {
  const form = await readForm(ctx);
  if (!parts.forms.isOf(ctx.state.session ?? '', form.get('form') ?? '')) {
    throw new ForbiddenError('the form is too old, or was not made by Gantry', 'load the page again, then send it');
  }
  return { code: (form.get('code') ?? '').slice(0, 40), next: ownPath(form.get('next') ?? undefined) };
}

async function showCode(parts: WebParts, ctx: Context, next: string, refused: string): Promise<void> {
  ctx.body = await render(parts, ctx, 'login-code', SHELL, { next, refused, action: '/login/code' });
}

async function showEnrol(
  parts: WebParts,
  ctx: Context,
  half: FoundSession,
  next: string,
  refused: string,
): Promise<void> {
  const offer = await secondFactorOffer(parts, half.principal.user);
  ctx.body = await render(parts, ctx, 'login-enrol', SHELL, { ...offer, next, refused, action: '/login/enrol' });
}

/** What an authenticator app needs, as a picture and as text. */
export async function secondFactorOffer(
  { engine }: WebParts,
  user: FoundSession['principal']['user'],
): Promise<{ picture: string; secret: string }> {
  const { uri, secret } = await engine.signin.offerSecondFactor(user);
  const qr = await import('qrcode');
  const svg = await qr.toString(uri, { type: 'svg', margin: 2, errorCorrectionLevel: 'M' });
  const picture = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  return { picture, secret: secret.replace(/(.{4})(?=.)/g, '$1 ') };
}

export async function showRecoveryCodes(
  parts: WebParts,
  ctx: Context,
  codes: readonly string[],
  next: string,
): Promise<void> {
  ctx.body = await render(parts, ctx, 'recovery-codes', { title: 'Recovery codes', events: '' }, { codes, next });
}
