import { demandPerson } from '../identity/principal';
import { readableApps } from '../identity/rights';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { freeze, freezeList, freezeShape, thawed } from './schemas/approvals';

const details = 'Steps that would change gray or production wait until it ends. A way back is never held.';

export const freezeRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/freezes',
    permission: 'user',
    may: 'filtered',
    summary: 'lists the freezes in force',
    answers: { 200: freezeList },
    handle: async (parts, ctx) => {
      const seen = await readableApps(parts, ctx);
      const freezes = await parts.engine.freezes.list();
      ctx.body = { items: freezes.filter(({ app }) => app === null || seen(app)) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/freezes',
    permission: 'user',
    may: 'operate',
    summary: 'freezes all apps: nothing changes in gray and production',
    details,
    body: freezeShape,
    answers: { 201: freeze },
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.freezes.begin({ app: null, ...body }, actorOf(ctx));
      ctx.status = 201;
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/freezes/end',
    permission: 'user',
    may: 'operate',
    summary: 'ends the freezes of all apps before their time',
    answers: { 200: thawed },
    errors: ['conflict'],
    handle: async (parts, ctx) => {
      await demandPerson(parts, ctx);
      ctx.body = { ended: await parts.engine.freezes.end({ app: null }, actorOf(ctx)) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/freezes',
    permission: 'user',
    may: 'approve',
    summary: 'freezes an app: nothing changes in its gray and production',
    details,
    body: freezeShape,
    answers: { 201: freeze },
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.freezes.begin({ app: param(ctx, 'app'), ...body }, actorOf(ctx));
      ctx.status = 201;
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/freezes/end',
    permission: 'user',
    may: 'approve',
    summary: 'ends the freezes of an app before their time',
    answers: { 200: thawed },
    errors: ['conflict'],
    handle: async (parts, ctx) => {
      await demandPerson(parts, ctx);
      ctx.body = { ended: await parts.engine.freezes.end({ app: param(ctx, 'app') }, actorOf(ctx)) };
    },
  }),
];
