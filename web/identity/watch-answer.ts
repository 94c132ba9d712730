import { Stream } from 'node:stream';
import type { WebParts } from '../parts';
import type { Context } from '../route';
import type { Stands } from './standing';

/** Breaks an answer off that is still being streamed when whoever asked for it may see it no more. */
export function watchAnswer(parts: WebParts, ctx: Context, stands: Stands): void {
  const { again } = ctx.state;
  if (again === undefined || !(ctx.body instanceof Stream)) return;
  const left = parts.standing.watch({ again, stands, end: () => ctx.res.destroy() });
  ctx.res.once('close', left);
  if (ctx.res.destroyed) left();
}
