import { execFile } from 'node:child_process';
import { demandHostKey, type HostKey, isFingerprint, readHostKey, strongest } from '../../engine/apps/host-key';
import { readSourceUrl, type SshUrl } from '../../engine/apps/source-url';
import { GantryError } from '../../engine/model/errors';
import { gitEnvironment } from '../git/environment';
import { HOST_SCAN_MS } from '../limits';
import type { WebParts } from '../parts';
import { reachSsh } from './reach-source';

/**
 * The key that is to be pinned for the host of an address: the one that was given, the one that the host shows with the
 * fingerprint that was given, or the one that is pinned already. A key that nobody has confirmed is never pinned.
 * @param given a fingerprint, or the key itself
 * @returns undefined when nothing is to be pinned, or what is pinned stays
 * @throws GantryError `host-key`, `host-key-unknown`, `host-key-other`, `host-silent`, `source-url`.
 */
export async function confirmHostKey(
  parts: WebParts,
  app: string,
  url: string,
  given: string | undefined,
): Promise<string | undefined> {
  const source = readSourceUrl(url);
  if (source.kind !== 'ssh') return given;
  if (given !== undefined && !isFingerprint(given)) return demandHostKey(given).text;
  if (given === undefined && (await parts.engine.apps.pinnedHostKey(app, url)) !== undefined) return undefined;
  const shown = await scanHost(parts, source);
  if (given === undefined) throw notConfirmed(source, shown, url, app);
  const right = shown.find(({ fingerprint }) => fingerprint === given);
  if (right !== undefined) return right.text;
  const message = `${source.host} does not show the key ${given}, but ${listed(shown)}`;
  throw new GantryError(
    'conflict',
    'host-key-other',
    message,
    'ask the people of the forge, and connect nothing until then',
  );
}

function notConfirmed({ host }: SshUrl, shown: readonly HostKey[], url: string, app: string): GantryError {
  const key = strongest(shown)?.fingerprint;
  return new GantryError(
    'conflict',
    'host-key-unknown',
    `${host} is not known yet; it shows ${listed(shown)}`,
    `compare that with what the forge publishes; then: gantry app connect ${app} --source ${url} --host-key ${key}`,
  );
}

const listed = (keys: readonly HostKey[]): string =>
  keys.map(({ type, fingerprint }) => `${fingerprint} (${type})`).join(', ');

/** The keys that a host shows. Nothing is said to it but hello. */
async function scanHost({ options }: WebParts, source: SshUrl): Promise<HostKey[]> {
  const { host, port } = source;
  const address = await reachSsh(options, source);
  const args = ['-T', '10', '-p', String(port), '-t', 'ed25519,ecdsa,rsa', '--', address];
  const text = await new Promise<string>((resolve, reject) => {
    const how = { env: gitEnvironment(options), timeout: HOST_SCAN_MS, maxBuffer: 1_048_576 };
    execFile('ssh-keyscan', args, how, (error, stdout) => {
      if (error?.code === 'ENOENT') reject(sshMissing());
      else resolve(stdout);
    });
  });
  const keys = text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => readHostKey(line.slice(line.indexOf(' ') + 1)))
    .filter((key) => key !== undefined);
  if (keys.length > 0) return keys;
  const message = `${host} does not answer at port ${port} as an SSH host does`;
  throw new GantryError('unavailable', 'host-silent', message, `look whether it does: ssh-keyscan -p ${port} ${host}`);
}

const sshMissing = (): GantryError =>
  new GantryError(
    'unavailable',
    'ssh-missing',
    'ssh is not installed here',
    'install it: apt-get install openssh-client',
  );
