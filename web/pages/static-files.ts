import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notFound } from '../refusals';
import { param, type Route } from '../route';

const TYPES: Record<string, string> = {
  'gantry.css': 'text/css; charset=utf-8',
  'run.css': 'text/css; charset=utf-8',
  'gantry.js': 'text/javascript; charset=utf-8',
  'run.js': 'text/javascript; charset=utf-8',
  'gantry.svg': 'image/svg+xml',
};

const files = new Map<string, Buffer>();

/** Only names of the table are ever read, each once. */
function fileOf(root: string, name: string): Buffer {
  const path = join(root, 'web', 'pages', 'static', name);
  const bytes = files.get(path) ?? readFileSync(path);
  files.set(path, bytes);
  return bytes;
}

/** Changes with the bytes, so that browsers may keep what they have for as long as they like. */
export function staticVersion(root: string): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(TYPES)) hash.update(fileOf(root, name));
  return hash.digest('hex').slice(0, 12);
}

export const staticRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/static/:file',
    permission: 'public',
    handle: (parts, ctx) => {
      const name = param(ctx, 'file');
      const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
      if (type === undefined) throw notFound(ctx.path);
      ctx.set('Cache-Control', ctx.query.v === undefined ? 'no-cache' : 'public, max-age=31536000, immutable');
      ctx.body = fileOf(parts.options.root, name);
      ctx.type = type;
    },
  },
];
