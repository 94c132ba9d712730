import { z } from 'zod';
import { isFinalRun, isFinalStep } from '../../engine/model/states';
import { type LivePosition, parsePosition, sendLive } from '../events/live';
import { sendStream, untilGone } from '../events/sse';
import { CHART_POINTS } from '../limits';
import type { Context, Route } from '../route';
import { param } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { runTraffic } from './schemas/run-traffic';

const liveQuery = z.strictObject({
  step: z.string().max(200).optional().describe('name of the step whose log is sent; none when left out'),
  from: z
    .string()
    .regex(/^\d{1,15}\.\d{1,15}\.\d{1,15}$/)
    .default('0.0.1')
    .describe('`EVENT.OFFSET.LINE` of the last message that was seen; `Last-Event-ID` goes before it'),
});

export const liveRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/live',
    permission: 'user',
    may: 'read',
    summary: 'streams a run as its page shows it: events, the log of a step line by line, traffic',
    details:
      'Events of the type `log` carry lines (`number`, `time`, `pieces` of text with names of looks); `sample` says ' +
      'that traffic was measured; `end` that there will never be more.',
    query: liveQuery,
    answers: {
      200: { type: 'text/event-stream', description: 'server-sent events' },
      204: { type: '', description: 'the run has ended, and everything was seen' },
    },
    handle: async (parts, ctx, { query: { step: name, from } }) => {
      const { row, steps } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
      const step = steps.find((s) => s.name === name);
      const ref = step === undefined ? undefined : { runId: step.run_id, stepId: step.id };
      const position = positionOf(ctx, from);
      const read =
        ref === undefined ||
        (isFinalStep(step?.state ?? 'pending') &&
          position.log.offset >= (await parts.engine.parts.logs.size(ref.runId, ref.stepId)));
      const told =
        isFinalRun(row.state) &&
        (await parts.engine.events.since(position.after, { runId: row.id, limit: 1 })).length === 0;
      if (told && read) {
        ctx.status = 204; // tells a browser not to come again
        return;
      }
      const production = await parts.engine.environments.production(row.app_id);
      const run = { id: row.id, told, step: ref, environmentId: production?.id };
      sendStream(ctx, (stream) => sendLive(parts, stream, run, position, untilGone(parts, ctx)));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/traffic',
    permission: 'user',
    may: 'read',
    summary: 'shows what stable and gray did, side by side, while the release of a run was gray',
    answers: { 200: runTraffic },
    handle: async (parts, ctx) => {
      const app = param(ctx, 'app');
      const shown = await parts.engine.traffic.show(app, numberParam(ctx, 'number'), CHART_POINTS);
      const { from = null, to = null, open = false, releases = [] } = shown ?? {};
      ctx.body = { from, to, open, releases };
    },
  }),
];

/** A browser that comes back names the last message that it saw. */
function positionOf(ctx: Context, from: string): LivePosition {
  return parsePosition(ctx.get('Last-Event-ID')) ?? parsePosition(from) ?? { after: 0, log: { offset: 0, line: 1 } };
}
