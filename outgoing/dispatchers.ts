import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { Agent, buildConnector, ProxyAgent } from 'undici';
import { callable, type Rule } from './resolve';
import { bracketed, readTarget } from './target';

/** Connections to one host at once. */
const CONNECTIONS_MAX = 8;
const HEADERS_MAX_BYTES = 32 * 1024;

const LIMITS = { connections: CONNECTIONS_MAX, maxHeaderSize: HEADERS_MAX_BYTES, pipelining: 1 };

/** Authorities that certificates are checked with: the machine's, and those of a PEM file. */
export const authorities = (caBundle: string | undefined): string[] | undefined =>
  caBundle === undefined ? undefined : [...getCACertificates(), readFileSync(caBundle, 'utf8')];

/**
 * Connects to addresses that were checked in that moment, and to no other: between the check and the connection no name
 * is looked up again, so an answer that changes leads nowhere.
 */
export function directAgent(rule: Rule, ca: string[] | undefined): Agent {
  const connect = buildConnector({ ...(ca === undefined ? {} : { ca }) });
  return new Agent({
    ...LIMITS,
    connect: (options, callback) => {
      const target = readTarget(`${options.protocol}//${bracketed(options.hostname)}`);
      const servername = target.isAddress ? '' : target.host;
      const to = (address: string) => ({ ...options, hostname: address, host: address, servername });
      callable(rule, target)
        .then(([address = '']) => connect(to(address), callback))
        .catch((error: Error) => callback(error, null));
    },
  });
}

/** Goes through the site's proxy, by name: the proxy looks it up, and its own rules hold for what it connects to. */
export function proxyAgent(proxy: string, ca: string[] | undefined): ProxyAgent {
  const tls = ca === undefined ? {} : { requestTls: { ca }, proxyTls: { ca } };
  return new ProxyAgent({ uri: proxy, ...LIMITS, ...tls });
}
