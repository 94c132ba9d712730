import { z } from 'zod';
import type { Route } from '../route';
import { endpoint } from './endpoint';
import { openApiDocument } from './openapi';

/** The description of these routes, and of its own. */
export function descriptionRoute(routes: readonly Route[]): Route {
  const self = endpoint({
    method: 'GET',
    path: '/api/openapi.json',
    permission: 'user',
    may: 'signed-in',
    summary: 'describes this interface: OpenAPI 3.1',
    answers: { 200: z.record(z.string(), z.unknown()) },
    handle: (_parts, ctx) => {
      ctx.body = document;
    },
  });
  const document = openApiDocument([...routes, self]);
  return self;
}
