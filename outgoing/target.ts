import { isIP } from 'node:net';
import { GantryError } from '../engine/model/errors';

/** Where a call goes. */
export interface Target {
  url: URL;
  /** A name, or an address without the brackets of IPv6. */
  host: string;
  /** The host is an address. */
  isAddress: boolean;
}

const URL_MAX = 4_000;

/**
 * Reads an address that somebody typed. Other spellings of an IPv4 address (decimal, octal, hexadecimal) come out as the
 * address that they are.
 * @throws GantryError `outgoing-url`; never with the address itself, since a secret may be in it.
 */
export function readTarget(text: string): Target {
  if (text.length > URL_MAX || !URL.canParse(text)) throw refused('is no URL');
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused('must begin with https://');
  if (url.username !== '' || url.password !== '') throw refused('must not have a user name or password in it');
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (host === '') throw refused('names no host');
  return { url, host, isAddress: isIP(host) !== 0 };
}

/** A host as a URL has it: undici and ssh name an IPv6 address without its brackets. */
export const bracketed = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host);

const refused = (why: string) =>
  new GantryError(
    'invalid',
    'outgoing-url',
    `the address to call ${why}`,
    'write it like https://hooks.example.org/path',
  );
