import { actorOf, param, type Route } from '../route';
import { endpoint } from './endpoint';
import {
  keyRotated,
  keysForgotten,
  protectedList,
  protectedRef,
  secretList,
  secretRemoved,
  secretSet,
  secretUnwanted,
  secretWanted,
} from './schemas/secrets';

const values: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/secrets',
    permission: 'user',
    may: 'read',
    summary: 'lists the secrets of an app: their names, never their values',
    answers: { 200: secretList },
    handle: async ({ engine }, ctx) => {
      ctx.body = { items: await engine.secrets.list(param(ctx, 'app')) };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/secrets',
    permission: 'user',
    may: 'secret',
    summary: 'sets a secret of an app, or replaces it',
    details: 'It is kept sealed, and no answer has it ever again. What runs keeps the old one until the next delivery.',
    body: secretWanted,
    answers: { 200: secretSet },
    errors: ['conflict', 'unavailable'],
    handle: async ({ engine }, ctx, { body }) => {
      const value = Buffer.from(body.value, 'base64');
      ctx.body = await engine.secrets.set({ ...body, app: param(ctx, 'app'), value }, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/secrets/:secret/remove',
    permission: 'user',
    may: 'secret',
    summary: 'removes a secret of an app',
    body: secretUnwanted,
    answers: { 200: secretRemoved },
    handle: async ({ engine }, ctx, { body: { environment } }) => {
      const name = param(ctx, 'secret');
      await engine.secrets.remove({ app: param(ctx, 'app'), name, environment }, actorOf(ctx));
      ctx.body = { removed: name, environment };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/secrets/rotate-key',
    permission: 'user',
    may: 'secret',
    summary: 'makes a new key and seals everything with it',
    details: 'Asked for again after it was cut off, it goes on. The key file keeps the old key until it is forgotten.',
    answers: { 200: keyRotated },
    errors: ['unavailable'],
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.secrets.rotateKey(actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/secrets/forget-key',
    permission: 'user',
    may: 'secret',
    summary: 'takes older keys out of the key file of the machine that answers',
    details: 'Refused while a value is still sealed with one of them. Older backups open with a copy of them alone.',
    answers: { 200: keysForgotten },
    errors: ['conflict', 'unavailable'],
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.secrets.forgetOldKeys(actorOf(ctx));
    },
  }),
];

/** Whose pipelines are given secrets. */
const protection: readonly Route[] = [
  endpoint({
    method: 'GET',
    path: '/api/v1/apps/:app/protected',
    permission: 'user',
    may: 'read',
    summary: 'lists the branches and tags of an app whose pipelines are given its secrets',
    answers: { 200: protectedList },
    handle: async ({ engine }, ctx) => {
      ctx.body = await engine.secrets.protected(param(ctx, 'app'));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/protected',
    permission: 'user',
    may: 'secret',
    summary: "lets pipelines of a branch or tag have the app's secrets",
    details: 'The first one takes the place of the default branch.',
    body: protectedRef,
    answers: { 200: protectedList },
    errors: ['conflict'],
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.secrets.protect({ ...body, app: param(ctx, 'app') }, actorOf(ctx));
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/apps/:app/protected/remove',
    permission: 'user',
    may: 'secret',
    summary: "lets pipelines of a branch or tag have the app's secrets no longer",
    body: protectedRef,
    answers: { 200: protectedList },
    handle: async ({ engine }, ctx, { body }) => {
      ctx.body = await engine.secrets.unprotect({ ...body, app: param(ctx, 'app') }, actorOf(ctx));
    },
  }),
];

export const secretRoutes: readonly Route[] = [...values, ...protection];
