import type { SourceUrl, SshUrl } from '../../engine/apps/source-url';
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
