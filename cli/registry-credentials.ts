import { usageError } from './errors';

/** What a registry asks for, as the API takes it. */
export type Credentials = { username: string; password: string } | { identityToken: string };

interface DockerConfig {
  auths?: Record<string, { auth?: string; identitytoken?: string }>;
}

/** Docker's own registry has an address of its own in such files. */
const DOCKER_HUB = ['docker.io', 'index.docker.io', 'https://index.docker.io/v1/'];

/**
 * The entry of a Docker `config.json` for the registry of an image.
 * @throws CommandError when there is none, or when it names a helper program instead
 */
export function credentialsIn(text: string, file: string, image: string): Credentials {
  const { auths = {} } = parse(text, file);
  const registry = registryOf(image);
  const names = registry === 'docker.io' ? DOCKER_HUB : [registry, `https://${registry}`, `http://${registry}`];
  const entry = names.map((name) => auths[name]).find((found) => found !== undefined);
  if (entry === undefined) {
    const known = Object.keys(auths).join(', ') || 'none';
    throw usageError(
      `${file} has nothing for the registry ${registry} (it has: ${known})`,
      'log in there: docker login',
    );
  }
  if (entry.identitytoken) return { identityToken: entry.identitytoken };
  if (entry.auth) return userAndPassword(Buffer.from(entry.auth, 'base64').toString('utf8'), file);
  throw usageError(
    `${file} leaves the password of ${registry} to a helper program`,
    'give it on standard input: --credentials-stdin',
  );
}

/** `user:password`; a password may hold colons. */
export function userAndPassword(line: string, where: string): Credentials {
  const colon = line.indexOf(':');
  if (colon > 0 && colon < line.length - 1) {
    return { username: line.slice(0, colon), password: line.slice(colon + 1) };
  }
  throw usageError(`${where} holds no user and password`, 'write them like user:password');
}

function parse(text: string, file: string): DockerConfig {
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null) return read;
  } catch {
    // Told below, without the text: it holds secrets.
  }
  throw usageError(`${file} is no Docker configuration`, 'name a config.json, as docker login writes it');
}

/** A first part that looks like a host is the registry; everything else is at Docker's own. */
function registryOf(image: string): string {
  const [first = ''] = image.split('/');
  return image.includes('/') && /[.:]|^localhost$/.test(first) ? first : 'docker.io';
}
