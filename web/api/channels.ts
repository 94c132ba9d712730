import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { channel, channelAdded, channelList, channelRemoved, channelTried, channelWanted } from './schemas/channels';

export const channelRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/channels',
    permission: 'user',
    may: 'operate',
    summary: 'lists the channels by which people are told, with what waits and what went wrong',
    answers: { 200: channelList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.channels.list() };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/channels',
    permission: 'user',
    may: 'operate',
    summary: 'adds a channel: it is told of what happens from now on',
    details: 'Its address is kept sealed, and never shown whole again.',
    body: channelWanted,
    answers: { 201: channelAdded },
    errors: ['not-found', 'conflict', 'busy', 'unavailable'],
    handle: async ({ engine }, ctx, { body }) => {
      ctx.status = 201;
      ctx.body = await engine.channels.add(body, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/channels/:channel',
    permission: 'user',
    may: 'operate',
    summary: 'shows a channel: what waits for it, and what went wrong the last time',
    answers: { 200: channel },
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.channels.show(param(ctx, 'channel'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/channels/:channel/test',
    permission: 'user',
    may: 'operate',
    summary: 'sends a message to a channel that says only that it came',
    details: 'Messages that wait are sent before it; what failed is tried again at once.',
    answers: { 202: channelTried },
    handle: async ({ engine, url }, ctx) => {
      ctx.status = 202;
      ctx.body = { id: await engine.channels.try(param(ctx, 'channel'), url, actorOf(ctx)) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/channels/:channel/remove',
    permission: 'user',
    may: 'operate',
    summary: 'removes a channel, and what waits for it',
    answers: { 200: channelRemoved },
    handle: async ({ engine }, ctx) => {
      const name = param(ctx, 'channel');
      await engine.channels.remove(name, actorOf(ctx));
      ctx.body = { removed: name };
    },
  }),
];
