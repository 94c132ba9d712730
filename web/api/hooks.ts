import { z } from 'zod';
import { hookUrls } from '../hooks/forges';
import { actorOf, param, type Route } from '../route';
import { limitOf, readJson } from './body';

const sourceShape = z.strictObject({
  url: z.string().max(2_000),
  token: z.string().max(2_000).optional(),
  secret: z.string().max(2_000).optional(),
  newSecret: z.boolean().optional(),
});

export const hookApiRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/apps/:app/source',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { token, secret, url, newSecret = false } = await readJson(ctx, sourceShape);
      const given = { ...(token === undefined ? {} : { token }), ...(secret === undefined ? {} : { secret }) };
      const wanted = { app: param(ctx, 'app'), url, newSecret, ...given };
      const connected = await parts.engine.apps.connect(wanted, actorOf(ctx));
      parts.followHooks();
      ctx.body = { ...connected, hooks: hookUrls(parts, connected.app) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app/hooks',
    permission: 'user',
    handle: async (parts, ctx) => {
      const app = await parts.engine.apps.find(param(ctx, 'app'));
      ctx.body = { items: await parts.engine.hooks.show(app.id, limitOf(ctx)) };
    },
  },
];
