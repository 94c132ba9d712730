import type { EventRecord } from '../../engine/events/since';
import { isFinalRun, type RunState } from '../../engine/model/states';
import { resumeFrom, sendEvents, untilGone } from '../events/sse';
import { param, query, type Route } from '../route';
import { numberParam } from './body';

export const eventRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/events',
    permission: 'user',
    handle: async (parts, ctx) => {
      const name = query(ctx, 'app');
      const app = name === undefined ? undefined : await parts.engine.apps.find(name);
      const after = resumeFrom(ctx) ?? (await parts.engine.events.newest());
      const filter = app === undefined ? { after } : { after, appId: app.id };
      sendEvents(ctx, parts.feed.follow(filter, untilGone(parts, ctx)), () => false);
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app/runs/:number/events',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { row } = await parts.engine.runs.find(param(ctx, 'app'), numberParam(ctx, 'number'));
      const after = resumeFrom(ctx) ?? 0;
      if (isFinalRun(row.state) && (await parts.engine.events.since(after, { runId: row.id, limit: 1 })).length === 0) {
        // There will never be more: 204 tells a browser not to come again.
        ctx.status = 204;
        return;
      }
      sendEvents(ctx, parts.feed.follow({ after, runId: row.id }, untilGone(parts, ctx)), isEnd);
    },
  },
];

/** The run's own last event: its state became final. */
function isEnd(event: EventRecord): boolean {
  return event.type === 'run' && isFinalRun(event.data.state as RunState);
}
