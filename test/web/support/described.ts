import { z } from 'zod';
import type { Route } from '../../../web/route';
import { routes } from '../../../web/server';

const patterns = routes
  .filter((route) => route.api !== undefined)
  .map((route) => ({ route, pattern: new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+').replaceAll('.', '\\.')}$`) }));

/** The described route that answers this request. */
export function describedRoute(method: string, url: string): Route | undefined {
  const { pathname } = new URL(url, 'http://x');
  return patterns.find(({ route, pattern }) => route.method === method && pattern.test(pathname))?.route;
}

/** Compares an answer with what OpenAPI promises of it. @throws Error that names the route and the difference. */
export async function demandDescribed(method: string, url: string, response: Response): Promise<void> {
  const route = describedRoute(method, url);
  if (route === undefined || !response.ok || !isJson(response)) return;
  const name = `${route.method} ${route.path}`;
  const shape = route.api?.answers[response.status];
  if (shape === undefined) throw new Error(`${name} does not describe its answer ${response.status}`);
  if (!(shape instanceof z.ZodType)) throw new Error(`${name} describes no JSON, and answers with it`);
  const read = shape.safeParse(await response.clone().json());
  if (!read.success) {
    throw new Error(`${name} answers otherwise than it describes (web/api/schemas):\n${z.prettifyError(read.error)}`);
  }
}

const isJson = (response: Response): boolean => /^application\/json/.test(response.headers.get('content-type') ?? '');
