import { z } from 'zod';
import { ensureRepository } from '../git/repository';
import { readableApps } from '../identity/rights';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { app, appList } from './schemas/apps';
import { showApp } from './shapes';

const newApp = z.strictObject({
  name: z.string().max(200),
  path: z.string().max(1_000).optional().describe("the app's folder in its repository; all of it when left out"),
  repository: z.string().max(200).optional().describe('the app whose remote it shares'),
});

export const appRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps',
    permission: 'user',
    may: 'filtered',
    summary: 'lists the apps that you may see, each with its environments and its newest run',
    answers: { 200: appList },
    handle: async (parts, ctx) => {
      const readable = await readableApps(parts, ctx);
      const apps = (await parts.engine.apps.list()).filter(({ name }) => readable(name));
      ctx.body = { items: await Promise.all(apps.map((found) => showApp(parts, found))) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps',
    permission: 'user',
    may: 'app',
    summary: 'makes an app with a repository to push to',
    body: newApp,
    answers: { 201: app },
    errors: ['not-found', 'conflict'],
    handle: async (parts, ctx, { body }) => {
      const { name, ...place } = body;
      const made = await parts.engine.apps.create(name, actorOf(ctx), place);
      await ensureRepository(parts.options, made.repository);
      ctx.status = 201;
      ctx.body = await showApp(parts, made);
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app',
    permission: 'user',
    may: 'read',
    summary: 'shows an app with its environments and its newest run',
    answers: { 200: app },
    handle: async (parts, ctx) => {
      ctx.body = await showApp(parts, await parts.engine.apps.find(param(ctx, 'app')));
    },
  }),
];
