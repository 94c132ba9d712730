import { param, type Route } from '../route';
import { endpoint } from './endpoint';
import { triggers } from './schemas/triggers';

export const triggerRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/triggers',
    permission: 'user',
    may: 'read',
    summary: 'shows what starts runs of an app by itself: schedules, and releases of other apps',
    answers: { 200: triggers },
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.triggers.show(param(ctx, 'app'));
    },
  }),
];
