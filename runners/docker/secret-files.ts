import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import type { SecretFile } from '../../engine/ports/secrets';
import { SECRETS_FOLDER } from '../../pipelines/types';
import { ignoring } from './client';
import { eachEntry } from './tar-entries';

/** In memory, for whoever runs the command alone; nothing in it can be executed. */
export const SECRETS_TMPFS = { [SECRETS_FOLDER]: 'rw,noexec,nosuid,nodev,size=4m,mode=0700' };

/** Ends what `toInput` says. */
const END = '.';

/**
 * What a command with secrets is started by: its shell first writes what comes in by its input, each as a file that only
 * its owner may read, and then becomes the command, without that input. No program of the image is needed for it, and
 * no value is an argument or an environment variable.
 */
export const SECRETS_SCRIPT = [
  'umask 377',
  'while IFS=" " read -r name value',
  `do test "$name" = ${END} && break; printf %b "$value" > "${SECRETS_FOLDER}/$name"`,
  'done',
  'unset name value',
  'umask 022',
  'exec sh -c "$1" < /dev/null',
].join('\n');

/** The values as the script reads them: a line each, every byte in octal digits. */
export function toInput(secrets: readonly SecretFile[]): Buffer {
  const lines = secrets.map(({ name, value }) => `${name} ${Array.from(value, octal).join('')}`);
  return Buffer.from([...lines, END, ''].join('\n'));
}

const octal = (byte: number): string => `\\0${byte.toString(8).padStart(3, '0')}`;

/** Whom files belong to. */
export interface Owner {
  uid: number;
  gid: number;
}

/** For an instance: they lie in its own layer, so that it starts with them again also while all of Gantry is down. */
export function packSecrets(secrets: readonly SecretFile[], { uid, gid }: Owner): Readable {
  const archive = pack();
  for (const { name, value } of secrets) {
    archive.entry({ name: `${SECRETS_FOLDER.slice(1)}/${name}`, mode: 0o400, mtime: new Date(0), uid, gid }, value);
  }
  archive.finalize();
  return archive as unknown as Readable;
}

/** Whom the processes of a container run as: `USER` of its image, by number or by a name in its own `/etc/passwd`. */
export async function ownerIn(container: Docker.Container, user: string, signal: AbortSignal): Promise<Owner> {
  const [name = '', group] = user.split(':');
  if (/^\d*$/.test(name)) return { uid: Number(name), gid: /^\d+$/.test(group ?? '') ? Number(group) : Number(name) };
  const archive = await ignoring([404], container.getArchive({ path: '/etc/passwd', abortSignal: signal }));
  const lines = archive === undefined ? [] : (await textOf(archive)).split('\n');
  const [, , uid, gid] = lines.map((line) => line.split(':')).find(([known]) => known === name) ?? [];
  return { uid: Number(uid ?? 0), gid: Number(gid ?? 0) };
}

const PASSWD_MAX = 1_048_576;

async function textOf(archive: NodeJS.ReadableStream): Promise<string> {
  const pieces: Buffer[] = [];
  await eachEntry(archive, async ({ size = 0 }, content) => {
    if (size > PASSWD_MAX) return;
    for await (const piece of content) pieces.push(Buffer.from(piece as Uint8Array));
  });
  return Buffer.concat(pieces).toString('utf8');
}
