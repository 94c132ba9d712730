import { type Route, userOf } from '../route';

export const statusRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/status',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { name, role } = userOf(ctx);
      ctx.body = {
        version: parts.options.version,
        installation: parts.installation,
        solo: await parts.engine.users.isSolo(),
        user: { name, role },
        url: parts.url,
        gateway: parts.options.gateway,
        domain: parts.options.domain,
        cluster: { name: 'local' },
      };
    },
  },
];
