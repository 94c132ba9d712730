import { type ChildProcess, spawn } from 'node:child_process';
import { GantryError } from '../../engine/model/errors';
import type { WebParts } from '../parts';
import { type Context, userOf } from '../route';
import { readCgiHead } from './cgi';
import { gitEnvironment } from './environment';
import { repositoriesFolder } from './repository';
import { gitFailed } from './run-git';

/**
 * Hands a request to `git http-backend` (CGI) and streams its answer. Bodies go through as they come, in both
 * directions, and are held nowhere; a packed one is unpacked by the backend itself.
 *
 * @param service path inside the repository: `info/refs`, `git-receive-pack`, `git-upload-pack`
 */
export async function serveGit(parts: WebParts, ctx: Context, app: string, service: string): Promise<void> {
  const child = spawn('git', ['http-backend'], {
    env: { ...gitEnvironment(parts.options), ...cgi(parts, ctx, app, service) },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own group, so that receive-pack and the hook can be ended with it.
    detached: true,
  });
  const failed = failureOf(child);
  ctx.res.once('close', () => end(child));
  if (ctx.res.destroyed) end(child);
  // The backend may answer before it has read everything (a refusal); what is left of the body is then read away.
  child.stdin.on('error', () => ctx.req.unpipe(child.stdin).resume());
  ctx.req.pipe(child.stdin);
  const head = await Promise.race([readCgiHead(child.stdout), failed]);
  ctx.status = head.status;
  for (const [name, value] of head.headers) ctx.set(name, value);
  // Errors of the stream reach koa, which breaks the response off: git then says that the remote hung up.
  ctx.body = child.stdout;
}

/**
 * RFC 3875, as far as `http-backend` reads it, and what the hook needs. No CONTENT_LENGTH: whoever is told one goes on
 * reading at the end of its input, for ever, when web was killed in the middle of a push. The end of the input says it.
 */
function cgi(parts: WebParts, ctx: Context, app: string, service: string): Record<string, string> {
  const environment: Record<string, string> = {
    GIT_PROJECT_ROOT: repositoriesFolder(parts.options),
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: `/${app}.git/${service}`,
    REQUEST_METHOD: ctx.method,
    QUERY_STRING: ctx.querystring,
    CONTENT_TYPE: ctx.get('Content-Type'),
    REMOTE_USER: userOf(ctx).name,
    REMOTE_ADDR: ctx.ip,
    SERVER_PROTOCOL: 'HTTP/1.1',
    GANTRY_HOOK_HOST: parts.hook.host,
    GANTRY_HOOK_PORT: String(parts.hook.port),
    GANTRY_HOOK_SECRET: parts.hook.secret,
    GANTRY_APP: app,
  };
  const encoding = ctx.get('Content-Encoding');
  if (encoding === 'gzip' || encoding === 'x-gzip') environment.HTTP_CONTENT_ENCODING = encoding;
  const protocol = ctx.get('Git-Protocol');
  if (/^[\w=:.-]{1,100}$/.test(protocol)) environment.GIT_PROTOCOL = protocol;
  return environment;
}

/** Rejects when the backend cannot be started, or ends without an answer. */
function failureOf(child: ChildProcess): Promise<never> {
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_096);
  });
  const failed = new Promise<never>((_resolve, reject) => {
    child.once('error', (error) => reject(gitFailed(['http-backend'], error, stderr)));
    child.once('close', (code) => {
      const why = stderr.trim() || `it ended with ${code ?? 'a signal'}`;
      reject(new GantryError('unavailable', 'git-failed', `git http-backend: ${why}`, 'see gantry doctor'));
    });
  });
  failed.catch(() => undefined); // after the answer has begun nobody waits for it any more
  return failed;
}

/** Ends what still runs for a client that is gone. What its push changed stands in the refs, and the loop finds it. */
function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
