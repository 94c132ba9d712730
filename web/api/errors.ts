import { ZodError } from 'zod';
import { type ErrorKind, GantryError, messageOf } from '../../engine/model/errors';
import { WaitError } from '../../engine/signin/waits';
import { ownPath, seeOther } from '../pages/login';
import { renderError } from '../pages/render-error';
import type { WebParts } from '../parts';
import { UnauthorizedError } from '../refusals';
import type { Context } from '../route';
import { zodWords } from './zod-words';

/** The status of each kind of error that Gantry foresees. */
export const STATUS = {
  invalid: 400,
  'not-found': 404,
  conflict: 409,
  forbidden: 403,
  unavailable: 503,
  busy: 429,
} as const satisfies Record<ErrorKind, number>;

/** What is not available now is looked for again after so long: forges and scripts go by it. */
const RETRY_AFTER_S = 5;

export interface ErrorAnswer {
  status: number;
  code: string;
  message: string;
  next: string;
}

/** The one translation of errors into HTTP. What nobody foresaw is Gantry's fault, and says no more than that. */
export function toAnswer(error: unknown): ErrorAnswer {
  if (error instanceof UnauthorizedError) return { status: 401, ...wordsOf(error) };
  if (error instanceof GantryError) return { status: statusOf(error), ...wordsOf(error) };
  if (error instanceof ZodError)
    return { status: 400, code: 'body', message: zodWords(error), next: 'mend the request' };
  return {
    status: 500,
    code: 'internal',
    message: 'Gantry made a mistake; its log has the details',
    next: 'try again; if it stays so, look into the log of web',
  };
}

const wordsOf = ({ code, message, next }: GantryError) => ({ code, message, next });
const statusOf = (error: GantryError): number => (error.code === 'body-too-large' ? 413 : STATUS[error.kind]);

/** Answers with the error: JSON to programs, plain text to git, a page to browsers. */
export async function answerError(parts: WebParts, ctx: Context, error: unknown): Promise<void> {
  const answer = toAnswer(error);
  if (answer.status === 500) {
    parts.log.error({ method: ctx.method, path: ctx.path, error: stackOf(error) }, 'a request failed by our fault');
  }
  if (ctx.headerSent) {
    ctx.res.destroy();
    return;
  }
  if (answer.code === 'second-factor-needed' && isPage(ctx)) return confirmFirst(ctx);
  ctx.status = answer.status;
  if (answer.status === 503 || answer.status === 429) ctx.set('Retry-After', String(retryAfter(error)));
  const { code, message, next } = answer;
  if (isPage(ctx)) ctx.body = await renderError(parts, ctx, answer);
  else if (ctx.path.startsWith('/git/')) ctx.body = `${[message, next].filter(Boolean).join('; ')}\n`;
  else ctx.body = { error: { code, message, next } };
}

/** A person at a page is asked for the second factor, and comes back to that page. */
function confirmFirst(ctx: Context): void {
  const from = ctx.get('Referer');
  const { pathname, search } = URL.canParse(from) ? new URL(from) : { pathname: '/', search: '' };
  seeOther(ctx, `/confirm?next=${encodeURIComponent(ownPath(pathname + search))}`);
}

/** Seconds. */
const retryAfter = (error: unknown): number =>
  error instanceof WaitError ? Math.ceil(error.waitMs / 1000) : RETRY_AFTER_S;

const FOR_PROGRAMS = /^\/(api|git|hooks|internal|metrics|health|healthz|readyz|static)(\/|$)/;
const isPage = (ctx: Context): boolean => !FOR_PROGRAMS.test(ctx.path) && ctx.accepts('html') !== false;
const stackOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? '') : messageOf(error));
