import { clientOf } from '../identity/client';
import { demandWhole, principalOf } from '../identity/principal';
import { ForbiddenError } from '../refusals';
import { param, type Route } from '../route';
import { endpoint } from './endpoint';
import { codeShown, codeTaken, sessionEnded, sessionList } from './schemas/signin';

export const sessionRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/sessions',
    permission: 'user',
    may: 'signed-in',
    summary: 'lists the browsers and command lines in which you are signed in',
    answers: { 200: sessionList },
    handle: async ({ engine }, ctx) => {
      demandWhole(ctx);
      const { user, session } = principalOf(ctx);
      ctx.body = { items: await engine.signin.sessions(user.id, session) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/sessions/confirm',
    permission: 'user',
    may: 'signed-in',
    summary: 'shows your second factor once more: before you approve from a command line',
    body: codeShown,
    answers: { 200: codeTaken },
    errors: ['busy', 'forbidden'],
    handle: async ({ engine }, ctx, { body: { code } }) => {
      const { user, session } = principalOf(ctx);
      if (session === null) throw noSession();
      if (!(await engine.signin.confirm(user, { session, code }, clientOf(ctx)))) throw wrongCode();
      ctx.body = { confirmedAt: engine.parts.clock.now() };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/sessions/:session/end',
    permission: 'user',
    may: 'signed-in',
    summary: 'ends one of your sessions',
    details: '`current` as its id: the one that asks.',
    answers: { 200: sessionEnded },
    handle: async ({ engine }, ctx) => {
      const { user, session } = principalOf(ctx);
      const named = param(ctx, 'session');
      const ended = named === 'current' && session !== null ? session : named;
      if (ended !== session) demandWhole(ctx);
      await engine.signin.endSession(user, ended);
      ctx.body = { ended };
    },
  }),
];

const noSession = (): ForbiddenError =>
  new ForbiddenError('a token has no second factor', 'sign in: gantry login', 'person-needed');

const wrongCode = (): ForbiddenError =>
  new ForbiddenError(
    'this is not the code of this moment',
    'look at the app again: gantry login --confirm',
    'code-wrong',
  );
