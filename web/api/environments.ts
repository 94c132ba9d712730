import { readableApps } from '../identity/rights';
import type { Route } from '../route';
import { endpoint } from './endpoint';
import { environmentList } from './schemas/apps';
import { withHostUrl } from './shapes';

export const environmentRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/environments',
    permission: 'user',
    may: 'filtered',
    summary: 'lists the environments of all apps that you may see: what serves there, and at which address',
    answers: { 200: environmentList },
    handle: async (parts, ctx) => {
      const readable = await readableApps(parts, ctx);
      const environments = (await parts.engine.environments.show()).filter(({ app }) => readable(app));
      ctx.body = { items: environments.map((environment) => withHostUrl(parts, environment)) };
    },
  }),
];
