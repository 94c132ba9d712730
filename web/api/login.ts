import { LOGIN_ASK_MS } from '../../engine/signin/limits';
import { clientOf } from '../identity/client';
import type { Route } from '../route';
import { endpoint } from './endpoint';
import { loginAsked, loginSecret, loginTaken } from './schemas/signin';

/** How a command line gets a session: it shows a code, and its person lets it in with a browser. */
export const loginApiRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/login',
    permission: 'public',
    summary: 'asks for a session on behalf of a command line',
    details: 'A person opens `url`, compares the code, and lets it in. Keep `secret`: it fetches the session.',
    answers: { 200: loginAsked },
    errors: ['busy'],
    handle: async ({ engine, url }, ctx) => {
      const asked = await engine.signin.askForLogin(clientOf(ctx));
      ctx.body = { ...asked, url: `${url}/login/command?code=${asked.code}`, askEveryMs: LOGIN_ASK_MS };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/login/take',
    permission: 'public',
    summary: 'fetches the session, once its person has let it in',
    details: 'It is handed out once, and is sent as a token is.',
    body: loginSecret,
    answers: { 200: loginTaken },
    errors: ['not-found'],
    handle: async ({ engine }, ctx, { body: { secret } }) => {
      const taken = await engine.signin.takeLogin(secret, clientOf(ctx));
      if (taken.state !== 'begun') ctx.body = { state: taken.state, session: null };
      else {
        const { session, user } = taken;
        ctx.body = { state: taken.state, session: { secret: session.secret, user, endsAt: session.endsAt } };
      }
    },
  }),
];
