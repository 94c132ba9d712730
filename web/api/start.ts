import { z } from 'zod';
import { startFrom } from '../git/start-from';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { reason } from './schemas/common';
import { runStarted } from './schemas/start';

const startShape = z.strictObject({
  ref: z.string().max(240).optional().describe('a branch, a tag, or a commit of one; the default branch when left out'),
  parameters: z
    .record(z.string().max(100), z.union([z.string().max(10_000), z.number(), z.boolean()]))
    .default({})
    .describe('what `on.manual.parameters` of the pipeline asks for, by name'),
  reason,
});

export const startRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs',
    permission: 'user',
    may: 'run',
    summary: 'starts a run of a branch, a tag or a commit',
    details: 'The values are checked against the pipeline at that commit; commands find them as environment variables.',
    body: startShape,
    answers: { 201: runStarted },
    errors: ['not-found', 'conflict', 'busy'],
    handle: async (parts, ctx, { body: { ref, parameters, reason: why = '' } }) => {
      const app = param(ctx, 'app');
      const from = await startFrom(parts, app, ref);
      const started = await parts.engine.runs.start({ app, ...from, parameters, reason: why }, actorOf(ctx));
      ctx.status = 201;
      ctx.body = started;
    },
  }),
];
