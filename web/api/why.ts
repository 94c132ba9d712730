import { param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { why } from './schemas/why';

export const whyRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/why',
    permission: 'user',
    may: 'read',
    summary: 'tells what a run waits for, or why it ended as it did',
    answers: { 200: why },
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.runs.why(param(ctx, 'app'), numberParam(ctx, 'number'));
    },
  }),
];
