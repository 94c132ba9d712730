import { GantryError } from '../model/errors';

/** Where an app's commits come from: a forge over HTTPS or SSH, or a repository on this machine. */
export type SourceUrl = { kind: 'https' | 'local'; url: string } | SshUrl;

export interface SshUrl {
  kind: 'ssh';
  url: string;
  /** In small letters; IPv6 without its brackets. */
  host: string;
  port: number;
}

const URL_MAX = 1_000;
const SSH_PORT = 22;
const USER = /^[A-Za-z0-9_][\w.-]*$/;
const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9][a-z0-9.-]*)$/;
/** No "%": what it stands for would be seen by `git` only. */
const SSH_PATH = /^[\w.~+@/-]+$/;
/** `git@host:team/app.git`, as `git` writes it without a scheme. */
const SHORT = /^([^@:/]+)@([^@:/]+):(.*)$/;

/**
 * Reads an address as one of the three kinds that are fetched from. Everything else that `git` understands (`ext::`,
 * `git`, `host:path` without a user, options) is refused here, by name, before any program sees it.
 * @throws GantryError `source-url`.
 */
export function readSourceUrl(text: string): SourceUrl {
  if (text.length > URL_MAX || /[\p{Cc}\p{Z}]/u.test(text)) throw refused('it is too long, or has spaces in it');
  if (text.startsWith('/')) return localPath(text);
  const [, user, host, path] = SHORT.exec(text) ?? [];
  if (user !== undefined && host !== undefined && path !== undefined) {
    const parts = sshParts(user, host, path);
    return { kind: 'ssh', url: `${user}@${parts.host}:${path}`, host: parts.host, port: SSH_PORT };
  }
  if (!URL.canParse(text)) throw refused('it is none of them');
  const url = new URL(text);
  if (url.password !== '') throw refused('it has a password in it', 'give the token by --token-stdin, not in the URL');
  if (url.search !== '' || url.hash !== '') throw refused('a repository has no "?" and no "#"');
  if (url.protocol === 'ssh:') return sshUrl(url);
  if (url.protocol !== 'https:') throw refused(`${url.protocol.slice(0, 20)} is not fetched from`);
  if (!/^[\w.-]*$/.test(url.username)) throw refused('its user name has signs that none has');
  if (!HOST.test(url.hostname)) throw refused('its host is no host name');
  if (url.pathname === '/') throw refused('it names no repository');
  return { kind: 'https', url: url.href };
}

function sshUrl({ username, hostname, pathname, port }: URL): SshUrl {
  const { host, bare } = sshParts(username, hostname, pathname.slice(1));
  const at = port === '' || port === String(SSH_PORT) ? '' : `:${port}`;
  return {
    kind: 'ssh',
    url: `ssh://${username}@${host}${at}${pathname}`,
    host: bare,
    port: port === '' ? SSH_PORT : Number(port),
  };
}

/** What reaches `ssh` and the shell of the host: nothing in it may be an option, nor mean anything to a shell. */
function sshParts(user: string, hostname: string, path: string): { host: string; bare: string } {
  const host = hostname.toLowerCase();
  if (!USER.test(user)) throw refused('an SSH address names its user: git@forge.example.org:team/app.git');
  if (!HOST.test(host)) throw refused('its host is no host name');
  if (!SSH_PATH.test(path)) throw refused('its path is empty, or has signs that are not taken for SSH');
  if (path.split('/').some((part) => part === '..' || part === '.' || part.startsWith('-'))) {
    throw refused('it has "." or ".." in it, or a name that begins with "-"');
  }
  return { host, bare: host.replace(/^\[|\]$/g, '') };
}

function localPath(text: string): SourceUrl {
  if (text.split('/').some((part) => part === '..' || part === '.')) throw refused('it has "." or ".." in it');
  const path = text.replace(/\/{2,}/g, '/').replace(/\/$/, '');
  if (path === '') throw refused('it names no repository');
  return { kind: 'local', url: path };
}

/** The text itself is not repeated: it may hold a token. */
function refused(
  why: string,
  next = 'write it like https://forge.example.org/team/app.git, git@forge.example.org:team/app.git or /srv/git/app.git',
) {
  return new GantryError(
    'invalid',
    'source-url',
    `the source must be an https or ssh URL, or a path from "/": ${why}`,
    next,
  );
}
