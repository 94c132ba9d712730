import { type Route, userOf } from '../route';
import { endpoint } from './endpoint';
import { status } from './schemas/house';

export const statusRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/status',
    permission: 'user',
    may: 'signed-in',
    summary: 'shows the Gantry that answers, and who you are to it',
    answers: { 200: status },
    handle: async (parts, ctx) => {
      const { id, name } = userOf(ctx);
      ctx.body = {
        version: parts.options.version,
        installation: parts.installation,
        solo: await parts.engine.users.isSolo(),
        user: { name, roles: await parts.engine.users.roles(id, null) },
        url: parts.url,
        gateway: parts.options.gateway,
        domain: parts.options.domain,
        cluster: { name: 'local' },
        runs: await parts.engine.runs.countOpen(),
      };
    },
  }),
];
