import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { codeOf, failure } from '../errors';

const run = promisify(execFile);
const LIMIT_MS = 20_000;

/** Runs `openssl` in a folder. @throws CommandError `no-openssl`, `openssl-failed`. */
export async function openssl(folder: string, args: readonly string[]): Promise<void> {
  try {
    await run('openssl', args, { cwd: folder, timeout: LIMIT_MS });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw failure('no-openssl', 'openssl is not installed', 'install it: sudo apt-get install openssl');
    }
    const said = ((error as { stderr?: string }).stderr ?? '').trim().split('\n').slice(-2).join('; ');
    throw failure('openssl-failed', `openssl ${args[0]} failed: ${said}`, '', { cause: error });
  }
}

/** What `openssl` makes an authority from: one that vouches for these names only, and for no further authority. */
export const authorityConfiguration = (subject: string, names: readonly string[]): string =>
  configuration(subject, [
    'basicConstraints = critical, CA:TRUE, pathlen:0',
    'keyUsage = critical, keyCertSign, cRLSign',
    'subjectKeyIdentifier = hash',
    `nameConstraints = critical, ${names.map((name) => `permitted;${constraint(name)}`).join(', ')}`,
  ]);

/** What `openssl` makes a server's certificate from. */
export const serverConfiguration = (subject: string, names: readonly string[]): string =>
  configuration(subject, [
    'basicConstraints = critical, CA:FALSE',
    'keyUsage = critical, digitalSignature',
    'extendedKeyUsage = serverAuth',
    'subjectKeyIdentifier = hash',
    'authorityKeyIdentifier = keyid',
    `subjectAltName = ${names.map((name) => `${isAddress(name) ? 'IP' : 'DNS'}:${name}`).join(', ')}`,
  ]);

const configuration = (subject: string, extensions: readonly string[]): string =>
  [
    '[req]',
    'prompt = no',
    'distinguished_name = subject',
    '[subject]',
    `CN = ${subject}`,
    '[extensions]',
    ...extensions,
  ]
    .join('\n')
    .concat('\n');

export const isAddress = (name: string): boolean => name.includes(':') || /^\d+(\.\d+){3}$/.test(name);

/** One address, as a network of one. */
function constraint(name: string): string {
  if (!isAddress(name)) return `DNS:${name}`;
  return `IP:${name}/${name.includes(':') ? 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' : '255.255.255.255'}`;
}
