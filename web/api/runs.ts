import { z } from 'zod';
import { RUN_STATES, type RunState } from '../../engine/model/states';
import type { RunFilter } from '../../engine/runs/summary';
import { appsAsked } from '../identity/rights';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, type Route, userOf } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { limit, oneOf, reason } from './schemas/common';
import { cancelled, restarted, run, runList } from './schemas/runs';
import { withRunUrl } from './shapes';

const RUN_LIST_VERSION = 1;

const listQuery = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(oneOf(RUN_STATES)))
    .optional()
    .describe(`one or several of ${Object.keys(RUN_STATES).join(', ')}, with commas between`),
  since: z.coerce.number().int().optional().describe('begun at this time or later: milliseconds since 1970, UTC'),
  mine: z.enum(['1', '0']).default('0').describe('`1`: only what you pushed, rolled back or undid'),
  limit,
  before: z
    .string()
    .regex(/^\d{1,15}\.[\w-]{1,40}$/)
    .optional()
    .describe('the page that follows: what `next` was in the page before'),
});

const cancelShape = z.strictObject({ reason });
const restartShape = z.strictObject({
  from: z.string().max(200).optional().describe('the first step to do once more; else the first that did not succeed'),
  reason,
});

export const runRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/runs',
    permission: 'user',
    may: 'filtered',
    summary: 'lists runs, newest first',
    query: listQuery.extend({ app: z.string().optional() }),
    answers: { 200: runList },
    errors: ['not-found'],
    handle: (parts, ctx, { query: { app, ...query } }) => list(parts, ctx, app, query),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs',
    permission: 'user',
    may: 'read',
    summary: 'lists the runs of an app, newest first',
    query: listQuery,
    answers: { 200: runList },
    handle: (parts, ctx, { query }) => list(parts, ctx, param(ctx, 'app'), query),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number',
    permission: 'user',
    may: 'read',
    summary: 'shows a run with its steps, and what it waits for',
    answers: { 200: run },
    handle: async (parts, ctx) => {
      const shown = await parts.runs.show(param(ctx, 'app'), numberParam(ctx, 'number'));
      const steps = shown.steps.map(({ id: _id, ...step }) => step);
      ctx.body = withRunUrl(parts, { ...shown, steps });
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/cancel',
    permission: 'user',
    may: 'run',
    summary: 'ends a run; what it changed is taken back',
    body: cancelShape,
    answers: { 200: cancelled },
    errors: ['conflict'],
    handle: async (parts, ctx, { body }) => {
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason: body.reason ?? '' };
      ctx.body = await parts.engine.runs.cancel(wanted, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/restart',
    permission: 'user',
    may: 'run',
    summary: 'walks the plan of a run that ended badly once more, from a step on',
    details:
      'A new run with the same commit and plan; what was built is taken over by its digest, and people are asked again.',
    body: restartShape,
    answers: { 200: restarted },
    errors: ['conflict', 'busy'],
    handle: async (parts, ctx, { body: { from, reason: why = '' } }) => {
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason: why };
      ctx.body = await parts.engine.runs.restart(from === undefined ? wanted : { ...wanted, from }, actorOf(ctx));
    },
  }),
];

async function list(
  parts: WebParts,
  ctx: Context,
  appName: string | undefined,
  { state, since, mine, limit: wanted, before }: z.output<typeof listQuery>,
): Promise<void> {
  const filter: RunFilter = {
    // One more than is shown tells whether there is a next page.
    limit: wanted + 1,
    ...(await appsAsked(parts, ctx, appName)),
    ...(state === undefined ? {} : { states: state as RunState[] }),
    ...(since === undefined ? {} : { since }),
    ...(mine === '1' ? { startedBy: userOf(ctx).name } : {}),
    ...(before === undefined ? {} : { before: placeOf(before) }),
  };
  const runs = await parts.engine.runs.summaries(filter);
  const items = runs.slice(0, wanted);
  const last = items.at(-1);
  ctx.body = {
    version: RUN_LIST_VERSION,
    items: items.map((item) => withRunUrl(parts, item)),
    next: runs.length > wanted && last !== undefined ? `${last.createdAt}.${last.id}` : null,
  };
}

function placeOf(text: string): { createdAt: number; id: string } {
  const dot = text.indexOf('.');
  return { createdAt: Number(text.slice(0, dot)), id: text.slice(dot + 1) };
}
