import type { WebParts } from '../parts';
import type { Context } from '../route';
import { render } from './render';

/** The page of an error: whose move it is, and the next act. */
export function renderError(
  parts: WebParts,
  ctx: Context,
  error: { status: number; message: string; next: string },
): Promise<string> {
  const title = error.status === 404 ? 'Not found' : error.status >= 500 ? 'Gantry is in trouble' : 'Not done';
  return render(parts, ctx, 'error', { title, events: '' }, { ...error, title, back: ctx.path });
}
