import { z } from 'zod';
import type { WebParts } from '../parts';
import { actorOf, type Context, param, type Route, userOf } from '../route';
import { limitOf, numberParam, readJson, reasonShape } from './body';
import { withRunUrl } from './shapes';

const cancelShape = z.strictObject({ reason: reasonShape });
const voteShape = z.strictObject({
  step: z.string().max(200).optional(),
  reason: reasonShape,
  releaseHash: z.string().max(64).optional(),
});

export const runRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/runs',
    permission: 'user',
    handle: async (parts, ctx) => {
      const runs = await parts.engine.runs.summaries({ limit: limitOf(ctx) });
      ctx.body = { items: runs.map((run) => withRunUrl(parts, run)) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app/runs',
    permission: 'user',
    handle: async (parts, ctx) => {
      const app = await parts.engine.apps.find(param(ctx, 'app'));
      const runs = await parts.engine.runs.summaries({ appId: app.id, limit: limitOf(ctx) });
      ctx.body = { items: runs.map((run) => withRunUrl(parts, run)) };
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number',
    permission: 'user',
    handle: async (parts, ctx) => {
      const run = await parts.engine.runs.show(param(ctx, 'app'), numberParam(ctx, 'number'));
      const steps = run.steps.map(({ id: _id, ...step }) => step);
      ctx.body = withRunUrl(parts, { ...run, steps });
    },
  },
  {
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/cancel',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { reason = '' } = await readJson(ctx, cancelShape);
      const wanted = { app: param(ctx, 'app'), run: numberParam(ctx, 'number'), reason };
      ctx.body = await parts.engine.runs.cancel(wanted, actorOf(ctx));
    },
  },
  {
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/approve',
    permission: 'user',
    handle: (parts, ctx) => decide(parts, ctx, 'yes'),
  },
  {
    method: 'POST',
    path: '/api/v1/apps/:app/runs/:number/reject',
    permission: 'user',
    handle: (parts, ctx) => decide(parts, ctx, 'no'),
  },
];

async function decide(parts: WebParts, ctx: Context, vote: 'yes' | 'no'): Promise<void> {
  const { step, reason = '', releaseHash } = await readJson(ctx, voteShape);
  // An unknown run is told as such, and not as one in which nothing waits.
  const { app, row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
  ctx.body = await parts.engine.approvals.decide({
    app: app.name,
    run: row.number,
    user: userOf(ctx).name,
    vote,
    reason,
    ...(step === undefined ? {} : { step }),
    ...(releaseHash === undefined ? {} : { shownHash: releaseHash }),
  });
}
