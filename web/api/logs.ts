import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { GantryError } from '../../engine/model/errors';
import { isFinalStep } from '../../engine/model/states';
import type { StepRow } from '../../engine/runs/apply';
import { untilGone } from '../events/sse';
import { LOG_CHUNK, LOG_POLL_MS } from '../limits';
import type { WebParts } from '../parts';
import { type Context, param, query, type Route } from '../route';
import { numberParam } from './body';

export const logRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/steps/:step/log',
    permission: 'user',
    handle: async (parts, ctx) => {
      const step = await findStep(parts, ctx);
      const offset = offsetOf(ctx);
      const size = await parts.engine.parts.logs.size(step.run_id, step.id);
      ctx.type = 'text/plain; charset=utf-8';
      ctx.set('X-Log-Size', String(size));
      ctx.set('X-Step-State', step.state);
      const follow = query(ctx, 'follow') === '1';
      const bytes = follow ? followLog(parts, step, offset, untilGone(parts, ctx)) : readLog(parts, step, offset, size);
      ctx.body = Readable.from(bytes, { objectMode: false });
    },
  },
];

async function findStep(parts: WebParts, ctx: Context): Promise<StepRow> {
  const { app, row, steps } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
  const name = param(ctx, 'step');
  const step = steps.find((s) => s.name === name);
  if (step !== undefined) return step;
  throw new GantryError(
    'not-found',
    'step-unknown',
    `run ${row.number} of ${app.name} has no step "${name.slice(0, 80)}"`,
    `its steps are: ${steps.map((s) => s.name).join(', ')}`,
  );
}

function offsetOf(ctx: Context): number {
  const text = query(ctx, 'offset') ?? '0';
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new GantryError('invalid', 'offset', `offset is a number of bytes, not "${text.slice(0, 80)}"`);
}

/** What is there now, chunk by chunk, so that a large log never lies in memory as a whole. */
async function* readLog(parts: WebParts, step: StepRow, offset: number, size: number): AsyncGenerator<Buffer> {
  for (let at = offset; at < size; ) {
    const bytes = await parts.engine.parts.logs.read(step.run_id, step.id, at, Math.min(LOG_CHUNK, size - at));
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}

/** What is there and what comes, until the step has ended or the reader is gone. */
async function* followLog(parts: WebParts, step: StepRow, offset: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  let at = offset;
  while (!signal.aborted) {
    // The state is read first: what was written before the end is then surely seen by the read that follows.
    const ended = await hasEnded(parts, step);
    for (let more = true; more && !signal.aborted; ) {
      const bytes = await parts.engine.parts.logs.read(step.run_id, step.id, at, LOG_CHUNK);
      at += bytes.length;
      if (bytes.length > 0) yield bytes;
      more = bytes.length === LOG_CHUNK;
    }
    if (ended) return;
    await wait(LOG_POLL_MS, undefined, { signal }).catch(() => undefined); // an abort is seen by the loop
  }
}

async function hasEnded(parts: WebParts, step: StepRow): Promise<boolean> {
  const rows = await parts.engine.runs.stepsOf(step.run_id);
  const now = rows.find((s) => s.id === step.id);
  return now === undefined || isFinalStep(now.state);
}
