import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Who asks, by which protocol and host: only a proxy can know, and only our own proxies are believed. */
const HEADERS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const;

/**
 * Leaves of `X-Forwarded-*` what may be believed: nothing from a stranger; from a proxy of ours one value each, what
 * the proxy that is nearest to the client saw. Everything before that was written by the client itself.
 * @param proxies addresses and networks (CIDR)
 */
export function forwardedBy(proxies: readonly string[]): (request: IncomingMessage) => void {
  const known = listOf(proxies);
  const isProxy = (address: string) => isIP(address) !== 0 && known.check(address, family(address));
  return ({ headers, socket }) => {
    if (!isProxy(plainAddress(socket.remoteAddress ?? ''))) {
      for (const name of HEADERS) delete headers[name];
      return;
    }
    const path = valuesOf(headers['x-forwarded-for']);
    const client = path.findLastIndex((address) => !isProxy(address));
    // Each proxy adds one value, so those of one request stand at the same distance from the end.
    const fromEnd = path.length - Math.max(client, 0);
    for (const name of HEADERS) {
      const value = valuesOf(headers[name]).at(-fromEnd) ?? valuesOf(headers[name])[0];
      if (value !== undefined) headers[name] = value;
    }
  };
}

function listOf(proxies: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of proxies) {
    const [address = '', bits] = entry.split('/');
    if (bits === undefined) list.addAddress(address, family(address));
    else list.addSubnet(address, Number(bits), family(address));
  }
  return list;
}

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** An IPv4 client of a socket for both families. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

const valuesOf = (header: string | string[] | undefined): string[] =>
  String(header ?? '')
    .split(',')
    .flatMap((value) => value.trim() || []);
