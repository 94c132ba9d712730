import { actorOf, param, type Route } from '../route';
import { numberParam } from './body';
import { endpoint } from './endpoint';
import { release, releaseList, releaseStarted, releaseWanted, uploaded, uploadQuery } from './schemas/releases';
import { runUrl } from './shapes';
import { storeUpload } from './upload';

export const releaseRoutes: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/releases',
    permission: 'user',
    may: 'read',
    summary: 'lists the releases of an app, newest first, and where each serves',
    answers: { 200: releaseList },
    handle: async (parts, ctx) => {
      ctx.body = { items: await parts.engine.releases.showAll(param(ctx, 'app')) };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/releases/:number',
    permission: 'user',
    may: 'read',
    summary: 'shows the sealed record of a release',
    answers: { 200: release },
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.releases.show(param(ctx, 'app'), numberParam(ctx, 'number'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/artifacts',
    permission: 'user',
    may: 'release',
    summary: 'stores a WAR or EAR, for a release that is made of it',
    upload: { type: 'application/octet-stream', description: 'the file, as it is' },
    query: uploadQuery,
    answers: { 201: uploaded },
    handle: async (parts, ctx, { query }) => {
      await parts.engine.apps.find(param(ctx, 'app'));
      ctx.body = await storeUpload(parts, ctx, query.digest);
      ctx.status = 201;
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/releases',
    permission: 'user',
    may: 'release',
    summary: 'starts a run for a release that is not built: of a file that was uploaded, or of an image',
    body: releaseWanted,
    answers: { 201: releaseStarted },
    errors: ['conflict', 'busy'],
    handle: async (parts, ctx, { body }) => {
      const started = await parts.engine.releases.create({ app: param(ctx, 'app'), ...body }, actorOf(ctx));
      ctx.body = { ...started, url: runUrl(parts, started.app, started.run) };
      ctx.status = 201;
    },
  }),
];
