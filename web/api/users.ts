import { demandSelf, demandWhole } from '../identity/principal';
import { invitationUrl } from '../pages/invitation';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { identityLinked, identityWanted, newUser, userAdded, userEnabled, userList } from './schemas/people';

/** What the second person changes for everybody. */
const SOLO_ENDED = [
  'approvals need somebody else than those who took part in the change',
  'an API token cannot approve any more: people sign in to do it',
  'everybody may only what their roles say: docs/people.md',
];

/** Who comes in, and who is a stranger to a change, is decided by somebody who signed in. */
const NOT_BY_TOKEN = 'nobody is let in or out, or unlinked';

export const userRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/users',
    permission: 'user',
    may: 'audit',
    summary: 'lists everybody: their roles, their teams, and by what they are known elsewhere',
    answers: { 200: userList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.users.list() };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/users',
    permission: 'user',
    may: 'people',
    summary: 'lets somebody in',
    details: 'With the second person solo mode ends for good; `changes` says what that means.',
    body: newUser,
    answers: { 201: userAdded },
    errors: ['conflict', 'not-found'],
    handle: async (parts, ctx, { body }) => {
      demandWhole(ctx);
      const { name, invitation, endedSolo } = await parts.engine.users.add(body, actorOf(ctx));
      const way = { url: invitationUrl(parts, invitation.secret), endsAt: invitation.endsAt };
      ctx.status = 201;
      ctx.body = { name, invitation: way, changes: endedSolo ? SOLO_ENDED : [] };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/users/:user/disable',
    permission: 'user',
    may: 'people',
    summary: 'lets somebody in no more',
    details: 'Tokens and sessions open nothing from then on; what streams, and shells, end within seconds.',
    answers: { 200: userEnabled },
    errors: ['conflict'],
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx, NOT_BY_TOKEN);
      ctx.body = await parts.engine.users.disable(param(ctx, 'user'), actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/users/:user/enable',
    permission: 'user',
    may: 'people',
    summary: 'lets somebody in again who was disabled',
    answers: { 200: userEnabled },
    handle: async (parts, ctx) => {
      await demandSelf(parts, ctx, NOT_BY_TOKEN);
      ctx.body = await parts.engine.users.enable(param(ctx, 'user'), actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/users/:user/identities',
    permission: 'user',
    may: 'people',
    summary: 'says by which e-mail address, or login at a forge, somebody is known elsewhere',
    body: identityWanted,
    answers: { 200: identityLinked },
    errors: ['conflict'],
    handle: async ({ engine }, ctx, { body }) => {
      demandWhole(ctx);
      ctx.body = await engine.users.link({ user: param(ctx, 'user'), ...body }, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/users/:user/identities/remove',
    permission: 'user',
    may: 'people',
    summary: 'says that an e-mail address, or login at a forge, is not somebody any more',
    body: identityWanted,
    answers: { 200: identityLinked },
    handle: async (parts, ctx, { body }) => {
      await demandSelf(parts, ctx, NOT_BY_TOKEN);
      ctx.body = await parts.engine.users.unlink({ user: param(ctx, 'user'), ...body }, actorOf(ctx));
    },
  }),
];
