import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SshUrl } from '../../engine/apps/source-url';
import type { GitPlace } from '../git/environment';
import { FETCH_MS } from '../limits';
import { reachSsh } from './reach-source';

export interface SshIdentity {
  privateKey: string;
  /** The only key that the host may show. */
  hostKey: string;
}

/** Nothing of the machine's or a user's own settings, no agent, no question, no forwarding, no other program. */
const OPTIONS = [
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'BatchMode=yes',
  'PreferredAuthentications=publickey',
  'StrictHostKeyChecking=yes',
  'GlobalKnownHostsFile=/dev/null',
  'UpdateHostKeys=no',
  'CheckHostIP=no',
  'CanonicalizeHostname=no',
  'ClearAllForwardings=yes',
  'ForwardAgent=no',
  'PermitLocalCommand=no',
  'ProxyCommand=none',
  'ControlMaster=no',
  'ControlPath=none',
  'ConnectTimeout=15',
  'ServerAliveInterval=15',
  'ServerAliveCountMax=2',
  'LogLevel=ERROR',
];

/**
 * Gives `work` the environment in which `git` speaks SSH with one host, as one app. The private key is in a file, which
 * only its user may read, for as long as that takes.
 */
export async function withSsh<T>(
  place: GitPlace,
  url: SshUrl,
  { privateKey, hostKey }: SshIdentity,
  work: (environment: Record<string, string>) => Promise<T>,
): Promise<T> {
  const address = await reachSsh(place, url);
  const folder = await mkdtemp(join(await keysFolder(place), 'key-'));
  try {
    const [identity, hosts] = [join(folder, 'identity'), join(folder, 'known_hosts')];
    await writeFile(identity, privateKey, { mode: 0o600 });
    await writeFile(hosts, `${ALIAS} ${hostKey}\n`, { mode: 0o600 });
    const where = [`HostName=${address}`, `HostKeyAlias=${ALIAS}`];
    const options = [...OPTIONS, ...where, `IdentityFile="${identity}"`, `UserKnownHostsFile="${hosts}"`];
    const command = ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', option])];
    return await work({ GIT_SSH_COMMAND: command.map(quoted).join(' '), GIT_SSH_VARIANT: 'ssh' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What the pinned key belongs to, wherever the host is found. */
const ALIAS = 'source';

/** For the shell in which `git` starts it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

async function keysFolder({ home }: Pick<GitPlace, 'home'>): Promise<string> {
  const folder = join(home, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

/** Removes keys that a process left behind when it was killed: none is needed for longer than a fetch may take. */
export async function removeOldKeys(place: Pick<GitPlace, 'home'>): Promise<void> {
  const folder = await keysFolder(place);
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 2 * FETCH_MS) {
      await rm(path, { recursive: true, force: true });
    }
  }
}
