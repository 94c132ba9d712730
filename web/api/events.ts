import { z } from 'zod';
import { isFinalRun } from '../../engine/model/states';
import { isEnd } from '../events/live';
import { resumeFrom, sendEvents, untilGone } from '../events/sse';
import { appsAsked } from '../identity/rights';
import { param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';

const STREAM = {
  type: 'text/event-stream',
  description: 'server-sent events; `Last-Event-ID`, or `after`, says where a reader left off',
};
const after = z
  .string()
  .regex(/^\d{1,15}$/)
  .optional()
  .describe('id of the last event that was seen');

export const eventRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/events',
    permission: 'user',
    may: 'filtered',
    summary: 'streams what happens: in all apps that you may see, or in one',
    query: z.strictObject({ app: z.string().optional(), after }),
    answers: { 200: STREAM },
    errors: ['not-found'],
    handle: async (parts, ctx, { query: { app: name } }) => {
      const asked = await appsAsked(parts, ctx, name);
      const after = resumeFrom(ctx) ?? (await parts.engine.events.newest());
      sendEvents(ctx, parts.feed.follow({ after, ...asked }, untilGone(parts, ctx)), () => false);
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/events',
    permission: 'user',
    may: 'read',
    summary: 'streams what happens in a run, until it ends',
    query: z.strictObject({ after }),
    answers: { 200: STREAM, 204: { type: '', description: 'the run has ended, and everything was seen' } },
    handle: async (parts, ctx) => {
      const { row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
      const after = resumeFrom(ctx) ?? 0;
      if (isFinalRun(row.state) && (await parts.engine.events.since(after, { runId: row.id, limit: 1 })).length === 0) {
        // There will never be more: 204 tells a browser not to come again.
        ctx.status = 204;
        return;
      }
      sendEvents(ctx, parts.feed.follow({ after, runId: row.id }, untilGone(parts, ctx)), isEnd);
    },
  }),
];
