import { z } from 'zod';
import { demand } from '../identity/permit';
import { actorOf, param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { limit } from './schemas/common';
import { requestAllowed, requestList } from './schemas/requests';

const allowShape = z.strictObject({
  head: z
    .string()
    .regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/, { error: 'the whole name of a commit' })
    .describe('the commit that was looked at; another one is not allowed'),
});

export const requestRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/requests',
    permission: 'user',
    may: 'read',
    summary: "lists the pull and merge requests of an app's repository, the last one that moved first",
    query: z.strictObject({ limit }),
    answers: { 200: requestList },
    handle: async ({ engine }, ctx, { query }) => {
      const app = await engine.apps.find(param(ctx, 'app'));
      ctx.body = { items: await engine.requests.show(app.repository_id ?? app.id, query.limit) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/requests/:number/allow',
    permission: 'user',
    may: 'run',
    summary: 'lets the head of a fork run that somebody has looked at; the next one is asked about anew',
    body: allowShape,
    answers: { 200: requestAllowed },
    details: 'The head runs in each app of the repository, and takes the right at each of them.',
    errors: ['conflict', 'busy'],
    handle: async (parts, ctx, { body }) => {
      const wanted = { app: param(ctx, 'app'), number: numberParam(ctx, 'number'), head: body.head };
      await demand(parts, ctx, 'run', wanted.app, true);
      ctx.body = await parts.engine.requests.allow(wanted, actorOf(ctx));
    },
  }),
];
