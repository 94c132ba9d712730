import { param, type Route } from '../route';
import { numberParam } from './body';

export const releaseRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/apps/:app/releases',
    permission: 'user',
    handle: async (parts, ctx) => {
      ctx.body = { items: await parts.engine.releases.showAll(param(ctx, 'app')) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app/releases/:number',
    permission: 'user',
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.releases.show(param(ctx, 'app'), numberParam(ctx, 'number'));
    },
  },
];
