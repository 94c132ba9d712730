import { Readable } from 'node:stream';
import type { Frame } from '../../engine/ports/exchange';
import { untilGone } from '../events/sse';
import { hear } from '../instances/hear';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { instanceDropped, instanceList, logsQuery } from './schemas/instances';

export const instanceRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/instances',
    permission: 'user',
    may: 'read',
    summary: 'lists the instances of an app, as they are numbered in their places',
    answers: { 200: instanceList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.sessions.instances(param(ctx, 'app')) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/instances/:instance/remove',
    permission: 'user',
    may: 'run',
    summary: 'lets go of a failed instance that is kept for a look',
    details: 'It is removed within seconds. What serves, or could, is never removed this way.',
    answers: { 200: instanceDropped },
    errors: ['conflict'],
    handle: async ({ engine }, ctx) => {
      const wanted = { app: param(ctx, 'app'), name: param(ctx, 'instance') };
      ctx.body = await engine.instances.drop(wanted, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/logs',
    permission: 'user',
    may: 'read',
    summary: 'reads what an instance writes',
    details:
      'The headers `X-Instance`, `X-Place` and `X-Number` (`1/2`) tell which one it is. That somebody looked is in the ' +
      'audit. An answer that breaks off, and does not end, was stopped by Gantry.',
    query: logsQuery,
    answers: { 200: { type: 'text/plain', description: 'its output' } },
    errors: ['conflict', 'unavailable'],
    handle: async (parts, ctx, { query: { environment, instance, follow, since = null, tail } }) => {
      const named = { ...(environment && { place: environment }), ...(instance && { instance }) };
      const request = { follow: follow === '1', since, tail };
      const gone = untilGone(parts, ctx);
      const wanted = { app: param(ctx, 'app'), ...named, kind: 'logs' as const, request };
      const { opened, frames } = await hear(parts, wanted, actorOf(ctx), gone);
      ctx.type = 'text/plain; charset=utf-8';
      ctx.set('X-Instance', opened.instance.name);
      ctx.set('X-Place', opened.instance.place);
      ctx.set('X-Number', `${opened.number}/${opened.of}`);
      ctx.body = Readable.from(outputOf(frames, parts.stopping), { objectMode: false });
    },
  }),
];

/** The bytes of a session; an end that is not the output's own breaks the answer off. */
async function* outputOf(frames: AsyncIterable<Frame>, stopping: AbortSignal): AsyncGenerator<Buffer> {
  for await (const frame of frames) {
    if (frame.type === 'output') yield frame.bytes;
    if (frame.type !== 'end') continue;
    if (frame.reason !== '') throw new Error(frame.reason);
    return;
  }
  if (stopping.aborted) throw new Error('Gantry is being stopped');
}
