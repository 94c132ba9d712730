import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CliSettings } from '../../settings';
import { codeOf, failure, usageError } from '../errors';

/** Where Gantry is, and who asks. */
export interface Address {
  url: string;
  token?: string;
}

/** What `gantry up` keeps for the command line of its folder, readable by its owner only. */
export const CLIENT_FILE = 'client.json';

/** The folder's own server, unless another one is named. This folder's token is never sent to another server. */
export function findAddress(settings: CliSettings, named: { url?: string; token?: string }): Address {
  const kept = readClientFile(settings.home);
  const own = kept?.url ?? `http://${hostAndPort(settings.listen)}`;
  const url = checkedUrl(named.url ?? settings.url ?? own);
  const token =
    named.token ?? settings.token ?? (new URL(own).origin === new URL(url).origin ? kept?.token : undefined);
  return token === undefined ? { url } : { url, token };
}

/** Undefined when Gantry was never started in this folder. */
export function readClientFile(home: string): { url: string; token?: string } | undefined {
  const file = join(home, CLIENT_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw failure('client-file', `${file} cannot be read: ${(error as Error).message}`, 'run this as its owner');
  }
  try {
    const value = JSON.parse(text) as { url: string; token?: string };
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

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw usageError(`"${text}" is not an address of Gantry`, 'write it like http://127.0.0.1:7070');
  }
  return url.href.replace(/\/+$/, '');
}
