import { z } from 'zod';
import { hookUrls } from '../hooks/forges';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { connected, hookList } from './schemas/apps';
import { limit } from './schemas/common';

const sourceShape = z.strictObject({
  url: z.string().max(2_000),
  token: z.string().max(2_000).optional().describe('what the forge asks for; none for a public or local repository'),
  secret: z.string().max(2_000).optional().describe('of the hook, when the forge made it'),
  newSecret: z.boolean().default(false).describe('replaces the secret that there is'),
});

export const hookApiRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/source',
    permission: 'user',
    summary: 'says where the commits of an app are fetched from when its forge calls',
    body: sourceShape,
    answers: { 200: connected },
    handle: async (parts, ctx, { body: { token, secret, url, newSecret } }) => {
      const given = { ...(token === undefined ? {} : { token }), ...(secret === undefined ? {} : { secret }) };
      const wanted = { app: param(ctx, 'app'), url, newSecret, ...given };
      const made = await parts.engine.apps.connect(wanted, actorOf(ctx));
      parts.followHooks();
      ctx.body = { ...made, hooks: hookUrls(parts, made.app) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/hooks',
    permission: 'user',
    summary: 'lists the webhooks that were received for an app, newest first, and what became of each',
    query: z.strictObject({ limit }),
    answers: { 200: hookList },
    handle: async (parts, ctx, { query }) => {
      const app = await parts.engine.apps.find(param(ctx, 'app'));
      ctx.body = { items: await parts.engine.hooks.show(app.id, query.limit) };
    },
  }),
];
