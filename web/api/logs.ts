import { z } from 'zod';
import { GantryError } from '../../engine/model/errors';
import type { StepRow } from '../../engine/runs/apply';
import { untilGone } from '../events/sse';
import { LOG_CHUNK } from '../limits';
import type { WebParts } from '../parts';
import { type Context, param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { sendBytes } from './send-bytes';

const logQuery = z.strictObject({
  offset: z.coerce.number().int().min(0).default(0).describe('bytes to leave out at the beginning'),
  follow: z.enum(['1', '0']).default('0').describe('`1`: goes on until the step has ended'),
});

export const logRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/steps/:step/log',
    permission: 'user',
    may: 'read',
    summary: 'reads the log of a step',
    details:
      'The header `X-Log-Size` tells the bytes that there are, and `X-Step-State` the state of the step. A reader that ' +
      'was cut off goes on with `offset`: nothing is lost, and nothing comes twice.',
    query: logQuery,
    answers: { 200: { type: 'text/plain', description: 'the log' } },
    handle: async (parts, ctx, { query: { offset, follow } }) => {
      const step = await findStep(parts, ctx);
      const size = await parts.engine.parts.logs.size(step.run_id, step.id);
      ctx.type = 'text/plain; charset=utf-8';
      ctx.set('X-Log-Size', String(size));
      ctx.set('X-Step-State', step.state);
      sendBytes(ctx, (memory) =>
        follow === '1'
          ? parts.logs.follow({ runId: step.run_id, stepId: step.id }, offset, untilGone(parts, ctx), memory)
          : readLog(parts, step, { offset, size }, memory),
      );
    },
  }),
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

/** What is there now, chunk by chunk, so that a large log never lies in memory as a whole. */
async function* readLog(
  parts: WebParts,
  step: StepRow,
  { offset, size }: { offset: number; size: number },
  memory: Buffer,
): AsyncGenerator<Buffer> {
  const { logs } = parts.engine.parts;
  for (let at = offset; at < size; ) {
    const bytes = await logs.read(step.run_id, step.id, at, Math.min(LOG_CHUNK, size - at), memory);
    if (bytes.length === 0) return;
    at += bytes.length;
    yield bytes;
  }
}
