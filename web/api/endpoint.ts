import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { WebParts } from '../parts';
import type { Access, ApiDescription, Context, Route } from '../route';
import { readJson } from './body';
import { zodWords } from './zod-words';

/** What a request brought, read by the schemas of its endpoint. Parts of the path: see `param` and `numberParam`. */
export interface ApiInput<Q extends z.ZodObject, B extends z.ZodObject> {
  query: z.output<Q>;
  body: z.output<B>;
}

/** A route of the API with everything that its description tells. */
export type Endpoint<Q extends z.ZodObject, B extends z.ZodObject> = Access &
  Omit<ApiDescription, 'query' | 'body'> &
  Pick<Route, 'method' | 'path'> & {
    query?: Q;
    body?: B;
    handle(parts: WebParts, ctx: Context, input: ApiInput<Q, B>): Promise<void> | void;
  };

const NOTHING = z.object({});
type Nothing = typeof NOTHING;

/**
 * Makes a route of the API. Its query and its body are read before `handle` is called, so what OpenAPI describes is
 * what is checked. `handle` sets `ctx.body` to what `answers` declares; tests compare the two.
 */
export function endpoint<Q extends z.ZodObject = Nothing, B extends z.ZodObject = Nothing>(
  declared: Endpoint<Q, B>,
): Route {
  const { method, path, permission, may, app, handle, ...api } = declared;
  const query = (declared.query ?? NOTHING) as Q;
  const body = declared.body;
  return {
    method,
    path,
    ...({ permission, may, ...(app === undefined ? {} : { app }) } as Access),
    api,
    handle: async (parts, ctx) =>
      handle(parts, ctx, {
        query: readQuery(ctx, query),
        body: (body === undefined ? {} : await readJson(ctx, body)) as z.output<B>,
      }),
  };
}

/** The first value of each parameter; one without a value counts as not given. @throws GantryError `query`. */
function readQuery<Q extends z.ZodObject>(ctx: Context, shape: Q): z.output<Q> {
  const given = Object.entries(ctx.query)
    .map(([name, value]) => [name, Array.isArray(value) ? value[0] : value] as const)
    .filter(([, value]) => value !== '');
  const read = shape.safeParse(Object.fromEntries(given));
  if (read.success) return read.data;
  throw new GantryError('invalid', 'query', zodWords(read.error), 'mend the address');
}
