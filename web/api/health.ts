import { z } from 'zod';
import { PART_NAMES } from '../health/looks';
import type { Health } from '../health/monitor';
import { renderHealth } from '../pages/health';
import type { WebParts } from '../parts';
import type { Context, Route } from '../route';
import { endpoint } from './endpoint';
import { time } from './schemas/common';

const stateShape = z.enum(['up', 'degraded', 'down']);
const live = z.strictObject({ ok: z.literal(true) });
const readiness = z
  .strictObject({
    ready: z.boolean(),
    checks: z
      .partialRecord(z.enum(PART_NAMES), stateShape)
      .describe('state of each part; not each is needed to be ready'),
  })
  .meta({ id: 'Readiness' });
const health = z
  .strictObject({
    ready: z.boolean(),
    parts: z.array(
      z.strictObject({
        name: z.enum(PART_NAMES),
        title: z.string(),
        needed: z.boolean().describe('without it web is not ready'),
        state: stateShape,
        since: time.describe('when web first saw it so: milliseconds since 1970, UTC'),
        found: z.string(),
        next: z.string().describe('what to do about it; empty when it is well'),
      }),
    ),
  })
  .meta({ id: 'Health' });

export const healthRoutes: readonly Route[] = [
  ...['/health/live', '/healthz'].map((path) =>
    endpoint({
      method: 'GET',
      path,
      permission: 'public',
      summary: 'answers as long as the process does',
      answers: { 200: live },
      handle: (_parts, ctx) => {
        ctx.body = { ok: true };
      },
    }),
  ),
  ...['/health/ready', '/readyz'].map((path) =>
    endpoint({
      method: 'GET',
      path,
      permission: 'public',
      summary: 'says whether requests may be sent here',
      details: 'Without the queue runners look into SQL: slower, and still ready.',
      answers: { 200: readiness, 503: readiness },
      handle: async (parts, ctx) => {
        const { ready, parts: seen } = await look(parts, ctx);
        ctx.body = { ready, checks: Object.fromEntries(seen.map(({ name, state }) => [name, state])) };
      },
    }),
  ),
  endpoint({
    method: 'GET',
    path: '/health',
    permission: 'public',
    summary: 'shows each part of Gantry: how it is, since when, and what to do; a page for browsers',
    answers: { 200: health, 503: health },
    handle: async (parts, ctx) => {
      const seen = await look(parts, ctx);
      ctx.vary('Accept');
      ctx.body = ctx.accepts('json', 'html') === 'html' ? await renderHealth(parts, ctx, seen) : seen;
    },
  }),
  endpoint({
    method: 'GET',
    path: '/metrics',
    permission: 'user',
    may: 'operate',
    summary: 'measures for Prometheus',
    answers: { 200: { type: 'text/plain', description: 'the text format of Prometheus' } },
    handle: async (parts, ctx) => {
      const { type, text } = await parts.metrics.scrape();
      ctx.body = text;
      ctx.set('Content-Type', type);
    },
  }),
];

async function look(parts: WebParts, ctx: Context): Promise<Health> {
  const seen = await parts.health.now();
  ctx.status = seen.ready ? 200 : 503;
  return seen;
}
