import { z } from 'zod';
import { ensureRepository } from '../git/repository';
import { actorOf, param, type Route } from '../route';
import { readJson } from './body';
import { showApp } from './shapes';

const newApp = z.strictObject({ name: z.string().max(200) });

export const appRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/v1/apps',
    permission: 'user',
    handle: async (parts, ctx) => {
      const apps = await parts.engine.apps.list();
      ctx.body = { items: await Promise.all(apps.map((app) => showApp(parts, app))) };
    },
  },
  {
    method: 'POST',
    path: '/api/v1/apps',
    permission: 'user',
    handle: async (parts, ctx) => {
      const { name } = await readJson(ctx, newApp);
      const app = await parts.engine.apps.create(name, actorOf(ctx));
      await ensureRepository(parts.options, app.name);
      ctx.status = 201;
      ctx.body = await showApp(parts, app);
    },
  },
  {
    method: 'GET',
    path: '/api/v1/apps/:app',
    permission: 'user',
    handle: async (parts, ctx) => {
      ctx.body = await showApp(parts, await parts.engine.apps.find(param(ctx, 'app')));
    },
  },
];
