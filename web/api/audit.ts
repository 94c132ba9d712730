import { Readable } from 'node:stream';
import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { WebParts } from '../parts';
import type { Route } from '../route';
import { endpoint } from './endpoint';
import { auditList, auditVerdict } from './schemas/audit';
import { limit } from './schemas/common';

const app = z.string().optional().describe('only the chain of this app; `system`: what concerns no app');

export const auditRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/audit',
    permission: 'user',
    may: 'audit',
    app: 'query',
    summary: 'lists audit entries, newest first',
    query: z.strictObject({
      app,
      run: z.coerce.number().int().min(1).optional().describe('with `app`: only what concerns this run'),
      limit,
      before: z.coerce.number().int().min(1).optional().describe('the page that follows: what `next` was before'),
    }),
    answers: { 200: auditList },
    errors: ['not-found'],
    handle: async (parts, ctx, { query }) => {
      const { run, before } = query;
      if (run !== undefined && query.app === undefined) {
        throw new GantryError(
          'invalid',
          'query',
          'run: the number of a run says nothing without its app',
          'add app=APP',
        );
      }
      const items = await parts.engine.audit.list({
        ...(await chainOf(parts, query.app)),
        ...(run === undefined ? {} : { run }),
        ...(before === undefined ? {} : { before }),
        limit: query.limit,
      });
      ctx.body = { items, next: items.length < query.limit ? null : (items.at(-1)?.seq ?? null) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/audit/verify',
    permission: 'user',
    may: 'audit',
    app: 'query',
    summary: 'checks every entry of the audit, and the heads that were anchored outside of the database',
    query: z.strictObject({ app }),
    answers: { 200: auditVerdict },
    errors: ['not-found'],
    handle: async (parts, ctx, { query }) => {
      const { anchors } = parts;
      const chain = await chainOf(parts, query.app);
      ctx.body = await parts.auditTurns.take(() => parts.engine.audit.verify({ ...chain, anchors }));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/audit/export',
    permission: 'user',
    may: 'audit',
    app: 'query',
    summary: 'exports the audit: lines of JSON that prove themselves without any Gantry',
    query: z.strictObject({
      app,
      since: z.coerce.number().int().optional().describe('written at this time or later: milliseconds since 1970, UTC'),
    }),
    answers: { 200: { type: 'application/x-ndjson', description: 'see docs/audit.md' } },
    errors: ['not-found'],
    handle: async (parts, ctx, { query: { app: name, since } }) => {
      const asked = { ...(await chainOf(parts, name)), ...(since === undefined ? {} : { since }) };
      ctx.type = 'application/x-ndjson';
      ctx.body = Readable.from(parts.engine.audit.export(asked), { objectMode: false });
    },
  }),
];

/** @throws GantryError `app-unknown` */
async function chainOf(parts: WebParts, name: string | undefined): Promise<{ chain?: string }> {
  if (name === undefined) return {};
  return { chain: name === 'system' ? name : (await parts.engine.apps.find(name)).name };
}
