import type { Route } from '../route';
import { withHostUrl } from './shapes';

export const environmentRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/environments',
    permission: 'user',
    handle: async (parts, ctx) => {
      const environments = await parts.engine.environments.show();
      ctx.body = { items: environments.map((environment) => withHostUrl(parts, environment)) };
    },
  },
];
