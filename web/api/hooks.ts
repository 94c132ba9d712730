import { z } from 'zod';
import { readSourceUrl } from '../../engine/apps/source-url';
import { hookUrls } from '../hooks/forges';
import { reachLocal } from '../hooks/reach-source';
import { confirmHostKey } from '../hooks/scan-host';
import { demand } from '../identity/permit';
import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import { connected, deployKey, extras, hookList, rotated } from './schemas/apps';
import { limit } from './schemas/common';

const sourceShape = z.strictObject({
  url: z.string().max(2_000),
  token: z.string().max(2_000).optional().describe('what the forge asks for; none for a public or local repository'),
  secret: z.string().max(2_000).optional().describe('of the hook, when the forge made it'),
  newSecret: z.boolean().default(false).describe('replaces the secret that there is; the old one is refused at once'),
  hostKey: z
    .string()
    .max(5_000)
    .optional()
    .describe('of an SSH host: its fingerprint, or the key itself; without it the pinned one stays'),
});

const extrasShape = z.strictObject({
  submodules: z.boolean().optional().describe('those of each commit, and theirs, from the host of the source'),
});

const rotation = z.strictObject({
  now: z.boolean().default(false).describe('the old secret is refused at once, and not in 24 hours'),
  secret: z.string().max(2_000).optional().describe('when the forge made it'),
});

export const hookApiRoutes: readonly Route[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/source',
    permission: 'user',
    may: 'app',
    summary: 'says where the commits of an app are fetched from when its forge calls',
    body: sourceShape,
    details:
      'The key of an SSH host that is not pinned yet must be confirmed: without `hostKey` the answer is 409, and tells ' +
      'the fingerprints that the host shows. A path on this machine is read with the rights of Gantry itself: connecting ' +
      'one takes the right to operate all apps.',
    answers: { 200: connected },
    errors: ['conflict', 'unavailable'],
    handle: async (parts, ctx, { body: { token, secret, url, newSecret, hostKey } }) => {
      const app = param(ctx, 'app');
      const source = readSourceUrl(url);
      if (source.kind === 'local') await demand(parts, ctx, 'operate', undefined);
      await reachLocal(parts.options, source);
      const confirmed = await confirmHostKey(parts, app, url, hostKey);
      const wanted = {
        ...{ app, url, newSecret },
        ...(token === undefined ? {} : { token }),
        ...(secret === undefined ? {} : { secret }),
        ...(confirmed === undefined ? {} : { hostKey: confirmed }),
      };
      const made = await parts.engine.apps.connect(wanted, actorOf(ctx));
      parts.followHooks();
      parts.compareSources();
      ctx.body = { ...made, hooks: hookUrls(parts, made.app) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/source/extras',
    permission: 'user',
    may: 'app',
    summary: 'says what is fetched beside the commits of an app',
    body: extrasShape,
    details: 'What is left out stays as it is. It goes for runs that begin after it; a run of before can be restarted.',
    answers: { 200: extras },
    errors: ['conflict'],
    handle: async (parts, ctx, { body }) => {
      const app = param(ctx, 'app');
      const change = Object.fromEntries(Object.entries(body).filter(([, on]) => on !== undefined));
      ctx.body = { app, extras: await parts.engine.extras.change({ app, change }, actorOf(ctx)) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/secret',
    permission: 'user',
    may: 'app',
    summary: "gives an app's webhooks another secret; the old one is good for another 24 hours",
    body: rotation,
    answers: { 200: rotated },
    errors: ['conflict', 'unavailable'],
    handle: async (parts, ctx, { body: { now, secret } }) => {
      const wanted = { app: param(ctx, 'app'), now, ...(secret === undefined ? {} : { secret }) };
      ctx.body = await parts.engine.apps.rotateSecret(wanted, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/key',
    permission: 'user',
    may: 'read',
    summary: 'shows the public key by which an app is fetched over SSH',
    answers: { 200: deployKey },
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.apps.deployKey(param(ctx, 'app'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/key',
    permission: 'user',
    may: 'app',
    summary: 'makes another key for fetching over SSH; the one before is forgotten',
    body: z.strictObject({}),
    answers: { 201: deployKey },
    errors: ['conflict', 'unavailable'],
    handle: async (parts, ctx) => {
      ctx.body = await parts.engine.apps.newDeployKey(param(ctx, 'app'), actorOf(ctx));
      ctx.status = 201;
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/hooks',
    permission: 'user',
    may: 'read',
    summary: 'lists the webhooks that were received for an app, newest first, and what became of each',
    query: z.strictObject({ limit }),
    answers: { 200: hookList },
    handle: async (parts, ctx, { query }) => {
      const app = await parts.engine.apps.find(param(ctx, 'app'));
      ctx.body = { items: await parts.engine.hooks.show(app.id, query.limit) };
    },
  }),
];
