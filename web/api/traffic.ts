import { z } from 'zod';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { reason } from './schemas/common';
import { rollbackStarted } from './schemas/traffic';

const rollbackShape = z.strictObject({
  reason,
  to: z.int().min(1).optional().describe('number of a release; without it the one that was stable before'),
});

export const trafficRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/rollback',
    permission: 'user',
    may: 'rollback',
    summary: 'takes an app back to the release that was stable before, or to the one that is named',
    body: rollbackShape,
    answers: { 200: rollbackStarted },
    errors: ['conflict'],
    handle: async (parts, ctx, { body: { to, reason: why = '' } }) => {
      const wanted = { app: param(ctx, 'app'), reason: why, ...(to === undefined ? {} : { to }) };
      ctx.body = await parts.engine.runs.rollback(wanted, actorOf(ctx));
    },
  }),
];
