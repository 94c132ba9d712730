import { GantryError } from '../../engine/model/errors';
import { demand } from '../identity/permit';
import type { WebParts } from '../parts';
import { type Context, param, query, type Route } from '../route';
import { serveGit } from './backend';
import { received } from './received';
import { ensureRepository } from './repository';

const SERVICES = ['git-upload-pack', 'git-receive-pack'];

/** The built-in remote: smart HTTP only. */
export const gitRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/git/:repository/info/refs',
    permission: 'git',
    may: 'read',
    handle: async (parts, ctx) => {
      const service = query(ctx, 'service') ?? '';
      if (!SERVICES.includes(service)) throw notSmart();
      // Said before anything is sent: a push that Git has taken would only be delivered later.
      if (service === 'git-receive-pack') {
        await demand(parts, ctx, 'push', nameIn(ctx));
        await parts.engine.runs.demandRoom(nameIn(ctx));
      }
      await serve(parts, ctx, 'info/refs');
    },
  },
  {
    method: 'POST',
    path: '/git/:repository/git-upload-pack',
    permission: 'git',
    may: 'read',
    handle: (parts, ctx) => serve(parts, ctx, 'git-upload-pack'),
  },
  {
    method: 'POST',
    path: '/git/:repository/git-receive-pack',
    permission: 'git',
    may: 'push',
    handle: (parts, ctx) => serve(parts, ctx, 'git-receive-pack'),
  },
  { method: 'POST', path: '/internal/post-receive', permission: 'hook', handle: received },
];

const nameIn = (ctx: Context): string => /^(.+?)(\.git)?$/.exec(param(ctx, 'repository'))?.[1] ?? '';

async function serve(parts: WebParts, ctx: Context, service: string): Promise<void> {
  const app = await parts.engine.apps.find(nameIn(ctx));
  await ensureRepository(parts.options, app.repository);
  await serveGit(parts, ctx, app.repository, service);
}

function notSmart(): GantryError {
  return new GantryError(
    'forbidden',
    'not-smart',
    'only the smart HTTP protocol of git is spoken here',
    'use git 1.6.6 or newer',
  );
}
