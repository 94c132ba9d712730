import { messageOf } from '../../engine/model/errors';
import type { Route } from '../route';

export const healthRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/healthz',
    permission: 'public',
    handle: (_parts, ctx) => {
      ctx.body = { ok: true };
    },
  },
  {
    method: 'GET',
    path: '/readyz',
    permission: 'public',
    handle: async (parts, ctx) => {
      const sql = await parts.engine.store.answers().then(
        () => 'up' as const,
        (error: unknown) => {
          parts.log.error({ error: messageOf(error) }, 'SQL does not answer');
          return 'down' as const;
        },
      );
      // Without the bell runners look into SQL: slower, and still ready.
      const ready = sql === 'up' && !parts.stopping.aborted;
      ctx.status = ready ? 200 : 503;
      ctx.body = { ready, checks: { sql, bell: parts.engine.parts.bell.state() } };
    },
  },
  {
    method: 'GET',
    path: '/metrics',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { type, text } = await parts.metrics.scrape();
      ctx.body = text;
      ctx.set('Content-Type', type);
    },
  },
];
