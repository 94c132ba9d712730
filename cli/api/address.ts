import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliSettings } from '../../settings';
import { codeOf, failure, usageError } from '../errors';
import { KeptSessions } from './kept-sessions';

/** Where Gantry is, and who asks. */
export interface Address {
  url: string;
  token?: string;
  /** The token is a session that `gantry login` began. */
  signedIn?: true;
  /** PEM file with what its certificate is checked with; else the machine's own authorities. */
  caFile?: string;
  /** The name that its certificate has, when that is not the one in the URL. */
  servername?: string;
}

/** What `gantry up` keeps for the command line of its folder, readable by its owner only. */
export const CLIENT_FILE = 'client.json';

/**
 * The folder's own server, unless another one is named. This folder's token is never sent to another server, nor is the
 * session of one server; where somebody is signed in, they ask as themselves.
 */
export function findAddress(settings: CliSettings, named: { url?: string; token?: string }): Address {
  const kept = readClientFile(settings.home);
  const own = kept?.url ?? `${settings.tls === undefined ? 'http' : 'https'}://${hostAndPort(settings.listen)}`;
  const url = checkedUrl(named.url ?? settings.url ?? own);
  const isOwn = new URL(own).origin === new URL(url).origin;
  const session = new KeptSessions(settings.sessionsFile).of(url, Date.now());
  const given = named.token ?? settings.token;
  const token = given ?? session?.secret ?? (isOwn ? kept?.token : undefined);
  const caFile = settings.caFile ?? (isOwn ? kept?.caFile : undefined);
  const servername = isOwn ? kept?.servername : undefined;
  return {
    url,
    ...(token === undefined ? {} : { token }),
    ...(given === undefined && session !== undefined ? { signedIn: true as const } : {}),
    ...(caFile === undefined ? {} : { caFile }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** Undefined when Gantry was never started in this folder. */
export function readClientFile(home: string): Address | undefined {
  const file = join(home, CLIENT_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw failure('client-file', `${file} cannot be read: ${(error as Error).message}`, 'run this as its owner');
  }
  try {
    const value = JSON.parse(text) as Address;
    return { ...value, url: checkedUrl(value.url) };
  } catch (error) {
    throw failure('client-file', `${file} is damaged`, 'remove it, then: ./gantry down && ./gantry up', {
      cause: error,
    });
  }
}

/** IPv6 hosts get their brackets. */
export function hostAndPort({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Without a slash at its end. @throws CommandError (exit 2). */
export function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError(
      `"${text}" is not an address of Gantry`,
      'write it like http://127.0.0.1:7070 or https://gantry.bank.example',
    );
  }
  return url.href.replace(/\/+$/, '');
}
