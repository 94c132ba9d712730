import { demandWhole } from '../identity/principal';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { granted, grantWanted } from './schemas/people';

const details = 'Nobody gives a role to themselves, once there is somebody else. The next request is judged by it.';

/** Roles for all apps are given by admins of all apps, those at an app also by the admins of that app. */
export const roleRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/roles/grant',
    permission: 'user',
    may: 'people',
    summary: 'gives a user or a team a role for all apps',
    details,
    body: grantWanted,
    answers: { 200: granted },
    errors: ['not-found'],
    handle: async ({ engine }, ctx, { body }) => {
      demandWhole(ctx);
      ctx.body = await engine.users.grant(body, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/roles/revoke',
    permission: 'user',
    may: 'people',
    summary: 'takes a role for all apps from a user or a team',
    details: 'The last admin of all apps stays one. What a role at one app allows there stays as well.',
    body: grantWanted,
    answers: { 200: granted },
    errors: ['conflict', 'not-found'],
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.users.revoke(body, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/roles/grant',
    permission: 'user',
    may: 'people',
    summary: 'gives a user or a team a role at an app',
    details,
    body: grantWanted,
    answers: { 200: granted },
    handle: async ({ engine }, ctx, { body }) => {
      demandWhole(ctx);
      ctx.body = await engine.users.grant({ ...body, app: param(ctx, 'app') }, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/roles/revoke',
    permission: 'user',
    may: 'people',
    summary: 'takes a role at an app from a user or a team',
    body: grantWanted,
    answers: { 200: granted },
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.users.revoke({ ...body, app: param(ctx, 'app') }, actorOf(ctx));
    },
  }),
];
