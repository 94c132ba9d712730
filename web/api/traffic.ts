import { z } from 'zod';
import { FULL_SHARE } from '../../engine/rollout/traffic';
import { actorOf, param, type Route } from '../route';
import { readJson, reasonShape } from './body';

const rollbackShape = z.strictObject({ reason: reasonShape, to: z.int().min(1).optional() });
const ruleShape = z.string().min(1).max(100).nullable().optional();
const grayShape = z.strictObject({
  share: z.int().min(0).max(FULL_SHARE),
  header: ruleShape,
  cookie: ruleShape,
});

export const trafficRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/apps/:app/rollback',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { reason = '', to } = await readJson(ctx, rollbackShape);
      const wanted = { app: param(ctx, 'app'), reason, ...(to === undefined ? {} : { to }) };
      ctx.body = await parts.engine.runs.rollback(wanted, actorOf(ctx));
    },
  },
  {
    method: 'POST',
    path: '/api/v1/apps/:app/gray',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { share, header, cookie } = await readJson(ctx, grayShape);
      const wanted = {
        app: param(ctx, 'app'),
        share,
        ...(header === undefined ? {} : { header }),
        ...(cookie === undefined ? {} : { cookie }),
      };
      ctx.body = await parts.engine.runs.setGrayShare(wanted, actorOf(ctx));
    },
  },
];
