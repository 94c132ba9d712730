import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceUrl, SshUrl } from '../../engine/apps/source-url';
import { GantryError } from '../../engine/model/errors';
import { reach } from '../../outgoing/reach';
import type { GitPlace } from '../git/environment';

/**
 * The setting by which `git` reaches an HTTPS source: the address that was judged, whatever the name leads to by then;
 * or the proxy.
 * @throws GantryError `outgoing-refused`, `outgoing-unresolved`.
 */
export async function reachHttps({ outgoing }: GitPlace, { url, kind }: SourceUrl): Promise<[string, string][]> {
  if (outgoing === undefined || kind !== 'https') return [];
  const { hostname, port } = new URL(url);
  const at = Number(port || 443);
  const way = await reach(outgoing, hostname.replace(/^\[|\]$/g, ''), at);
  if (way.by === 'proxy') return [['http.proxy', way.proxy]];
  const address = way.address.includes(':') ? `[${way.address}]` : way.address;
  return [['http.curloptResolve', `${hostname}:${at}:${address}`]];
}

/**
 * The address at which `ssh` is to find a host: no proxy leads there.
 * @throws GantryError `outgoing-refused`, `outgoing-unresolved`.
 */
export async function reachSsh({ outgoing }: Pick<GitPlace, 'outgoing'>, { host, port }: SshUrl): Promise<string> {
  if (outgoing === undefined) return host;
  const { proxy: _, ...direct } = outgoing;
  const way = await reach(direct, host, port);
  return way.by === 'address' ? way.address : host;
}

/**
 * A path is read with the rights of Gantry: what lies in its own data folder, or a link leads there, is never a source.
 * Only the demo keeps a forge there.
 * @throws GantryError `source-inside`.
 */
export async function reachLocal({ home }: Pick<GitPlace, 'home'>, { kind, url }: SourceUrl): Promise<void> {
  if (kind !== 'local') return;
  const [path, inside] = await Promise.all([whereItIs(url), whereItIs(home)]);
  const lies = (folder: string) => path === folder || path.startsWith(`${folder}/`);
  if (!lies(inside) || lies(join(inside, 'demo'))) return;
  const message = 'the path leads into the data folder of Gantry, which holds the commits of other apps';
  throw new GantryError('forbidden', 'source-inside', message, 'name a repository that lies elsewhere');
}

/** Without its links; as it is when there is no such path: `git` tells that better. */
async function whereItIs(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return path;
    throw error;
  }
}
