import { GantryError } from '../model/errors';

/** Where an app's commits come from: a forge over HTTPS, or a repository on this machine. */
export interface SourceUrl {
  kind: 'https' | 'local';
  url: string;
}

const URL_MAX = 1_000;

/**
 * Reads an address as one of the two kinds that are fetched from. Everything else that `git` understands (`ext::`,
 * `ssh`, `git`, `host:path`, options) is refused here, by name, before any program sees it.
 * @throws GantryError `source-url`.
 */
export function readSourceUrl(text: string): SourceUrl {
  if (text.length > URL_MAX || /[\p{Cc}\p{Z}]/u.test(text)) throw refused('it is too long, or has spaces in it');
  if (text.startsWith('/')) return localPath(text);
  if (!URL.canParse(text)) throw refused('it is neither');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw refused(`${url.protocol.slice(0, 20)} is not fetched from`);
  if (url.password !== '') throw refused('it has a password in it', 'give the token by --token-stdin, not in the URL');
  if (url.search !== '' || url.hash !== '') throw refused('a repository has no "?" and no "#"');
  if (!/^[\w.-]*$/.test(url.username)) throw refused('its user name has signs that none has');
  if (!/^(\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.-]*)$/.test(url.hostname)) throw refused('its host is no host name');
  if (url.pathname === '/') throw refused('it names no repository');
  return { kind: 'https', url: url.href };
}

function localPath(text: string): SourceUrl {
  if (text.split('/').some((part) => part === '..' || part === '.')) throw refused('it has "." or ".." in it');
  const path = text.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  if (path === '') throw refused('it names no repository');
  return { kind: 'local', url: path };
}

/** The text itself is not repeated: it may hold a token. */
function refused(why: string, next = 'write it like https://forge.example.org/team/app.git or /srv/git/app.git') {
  return new GantryError('invalid', 'source-url', `the source must be an https URL or a path from "/": ${why}`, next);
}
