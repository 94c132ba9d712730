import Router from '@koa/router';
import Koa from 'koa';
import { answerError } from './api/errors';
import { apiRoutes } from './api/routes';
import { gitRoutes } from './git/remote';
import { hookRoutes } from './hooks/receive';
import { admit } from './identity/admit';
import { forwardedBy } from './identity/forwarded';
import { permit } from './identity/permit';
import { watchAnswer } from './identity/watch-answer';
import { pageRoutes } from './pages/routes';
import type { WebParts } from './parts';
import { notFound } from './refusals';
import type { Context, Route, State } from './route';

/** Every address that Gantry answers. */
export const routes: readonly Route[] = [...apiRoutes, ...gitRoutes, ...hookRoutes, ...pageRoutes];

/**
 * The whole request path, top to bottom: measure, errors, whom to believe, headers, who asks, the route. An address that no route has
 * is answered like one that does not exist, after nothing was looked up.
 */
export function createServer(parts: WebParts): Koa<State> {
  // Safe, since the first thing that happens to a request is that only our own proxies' words are left in it.
  const app = new Koa<State>({ proxy: true });
  const keepForwarded = forwardedBy(parts.options.trustedProxies ?? []);
  const router = createRouter(parts);
  app.use(async (ctx, next) => {
    const measured = parts.metrics.begin(ctx.method);
    try {
      keepForwarded(ctx.req);
      secure(parts, ctx as unknown as Context);
      await next();
      if (ctx.body === undefined && ctx.status === 404) throw notFound(ctx.path);
    } catch (error) {
      await answerError(parts, ctx as unknown as Context, error);
    } finally {
      measured(routeOf(ctx as unknown as Context), ctx.status);
    }
  });
  app.use(router.routes());
  // What still arrives here is a stream that broke after its header was sent: mostly a client that went away.
  app.on('error', (error: Error & { code?: string }) => {
    if (!CLIENT_LEFT.includes(error.code ?? '')) parts.log.warn({ error: error.message }, 'a response broke off');
  });
  return app;
}

const CLIENT_LEFT = ['ECONNRESET', 'EPIPE', 'ECANCELED', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'];

function createRouter(parts: WebParts): Router<State> {
  const router = new Router<State>();
  for (const route of routes) {
    router.register(route.path, [route.method], async (ctx) => {
      const context = ctx as unknown as Context;
      if (!(await admit(parts, context, route.permission))) return;
      const stands = await permit(parts, context, route);
      await route.handle(parts, context);
      watchAnswer(parts, context, stands);
    });
  }
  return router;
}

/** The pattern, not the address: metrics must not grow with the number of apps. */
const routeOf = (ctx: Context): string => (typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none');

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** A year. Not with a certificate of our own: whoever does not trust it yet could not pass the warning any more. */
const STRICT_TRANSPORT = 'max-age=31536000';

function secure({ options }: WebParts, ctx: Context): void {
  if (options.tls?.own === false) ctx.set('Strict-Transport-Security', STRICT_TRANSPORT);
  ctx.set('Content-Security-Policy', POLICY);
  ctx.set('X-Content-Type-Options', 'nosniff');
  ctx.set('Referrer-Policy', 'same-origin');
  ctx.set('Cache-Control', 'no-store');
}
