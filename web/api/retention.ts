import { z } from 'zod';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { pass, reaperList } from './schemas/retention';

const asked = z.strictObject({
  kind: z.enum(['look', 'prune']).describe('`look`: tells what would go, and removes nothing'),
});

export const retentionRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/retention',
    permission: 'user',
    may: 'operate',
    summary: 'asks a runner to remove what is over for long enough, or to tell what that is',
    details: 'What is removed when is set by the operator: docs/retention.md. A runner begins within seconds.',
    body: asked,
    answers: { 200: pass },
    errors: ['conflict', 'unavailable'],
    handle: async ({ engine }, ctx, { body: { kind } }) => {
      ctx.body = await engine.retention.ask(kind, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/retention/passes/:pass',
    permission: 'user',
    may: 'operate',
    summary: 'shows what a pass of retention removed, or would remove, and why',
    answers: { 200: pass },
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.retention.show(param(ctx, 'pass'));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/retention/reaper',
    permission: 'user',
    may: 'operate',
    summary: 'shows what carries the label of this installation, has no record, and was not removed',
    answers: { 200: reaperList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.retention.reaper() };
    },
  }),
];
