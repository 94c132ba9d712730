import { FRESH_FACTOR_MS } from '../../engine/signin/limits';
import { demandSelf, principalOf } from '../identity/principal';
import type { WebParts } from '../parts';
import { type Context, query, type Route } from '../route';
import { seeOther } from './login';
import { render } from './render';

const SHELL = { title: 'Let a command line in', events: '' };

/** Where a person lets in the command line that said `gantry login`. */
export const loginCommandRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/login/command',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      const code = (query(ctx, 'code') ?? '').toUpperCase().slice(0, 20);
      if (code === '') return show(parts, ctx, { request: null, done: '' });
      if (await wantsFactor(parts, ctx)) {
        return seeOther(ctx, `/confirm?next=${encodeURIComponent(`/login/command?code=${code}`)}`);
      }
      await show(parts, ctx, { request: await parts.engine.signin.findLogin(code), done: '' });
    },
  },
  {
    method: 'POST',
    path: '/login/command',
    permission: 'page',
    may: 'signed-in',
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx);
      if (await wantsFactor(parts, ctx)) return seeOther(ctx, '/confirm?next=/login/command');
      const [code = '', answer] = ['code', 'answer'].map((field) => ctx.state.form?.get(field) ?? '');
      await parts.engine.signin.decideLogin(principalOf(ctx), { code, yes: answer === 'yes' });
      const done = answer === 'yes' ? 'The command line is signed in as you.' : 'The command line was turned away.';
      await show(parts, ctx, { request: null, done });
    },
  },
];

/** Who has a second factor shows it now: what is let in here acts for them. */
async function wantsFactor({ engine }: WebParts, ctx: Context): Promise<boolean> {
  const { user, secondFactorAt } = principalOf(ctx);
  const age = engine.parts.clock.now() - (secondFactorAt ?? 0);
  return age > FRESH_FACTOR_MS.browser && (await engine.signin.account(user.id)).hasSecondFactor;
}

async function show(parts: WebParts, ctx: Context, data: { request: object | null; done: string }): Promise<void> {
  ctx.body = await render(parts, ctx, 'login-command', SHELL, { ...data, now: parts.engine.parts.clock.now() });
}
