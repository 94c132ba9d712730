import { demandWhole, principalOf } from '../identity/principal';
import { param, type Route } from '../route';
import { endpoint } from './endpoint';
import { tokenList, tokenMade, tokenRevoked, tokenWanted } from './schemas/signin';

export const tokenRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/tokens',
    permission: 'user',
    may: 'signed-in',
    summary: 'lists your API tokens, never what they are',
    answers: { 200: tokenList },
    handle: async ({ engine }, ctx) => {
      demandWhole(ctx);
      ctx.body = { items: await engine.signin.tokens(principalOf(ctx).user.id) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/tokens',
    permission: 'user',
    may: 'signed-in',
    summary: 'makes an API token for you',
    details: 'It is in this answer and nowhere else. Whoever asks with a token that is narrowed is refused.',
    body: tokenWanted,
    answers: { 200: tokenMade },
    errors: ['conflict', 'forbidden', 'not-found'],
    handle: async ({ engine }, ctx, { body: { app, livesMs, ...wanted } }) => {
      demandWhole(ctx);
      ctx.body = await engine.signin.createToken(principalOf(ctx).user, {
        ...wanted,
        ...(app === undefined ? {} : { app }),
        ...(livesMs === undefined ? {} : { livesMs }),
      });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/tokens/:token/revoke',
    permission: 'user',
    may: 'signed-in',
    summary: 'takes back one of your API tokens',
    details: 'Browsers in which it was pasted are signed out.',
    answers: { 200: tokenRevoked },
    errors: ['conflict'],
    handle: async ({ engine }, ctx) => {
      const name = param(ctx, 'token');
      const { user, token } = principalOf(ctx);
      if (name !== token) demandWhole(ctx);
      await engine.signin.revokeToken(user, name);
      ctx.body = { revoked: name };
    },
  }),
];
