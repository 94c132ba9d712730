import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { CliSettings } from '../../settings';
import { CLIENT_FILE, readClientFile } from '../api/address';
import { codeOf } from '../errors';
import { readUpState, stateFiles } from '../house/state';
import { isRunning } from '../processes/identity';
import type { Check } from './check';
import { nearestFolder } from './machine';

/** The data folder, what it holds, and what runs for it. */
export async function folderChecks(settings: CliSettings): Promise<Check[]> {
  return [
    await dataFolder(settings),
    fileSystem(settings),
    database(settings),
    clientFile(settings),
    processes(settings),
  ];
}

async function dataFolder({ home }: CliSettings): Promise<Check> {
  const folder = nearestFolder(home);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  return {
    name: 'data folder',
    state: writable ? 'ok' : 'fail',
    found: `${home}${folder === home ? '' : ' (made at the first start)'}${writable ? '' : `: ${folder} cannot be written`}`,
    why: 'the database, repositories, artifacts and logs live there',
    mend: writable ? '' : 'name another one: GANTRY_HOME=/some/folder, or run as its owner',
  };
}

/** File systems of other machines, on which SQLite's locks and write-ahead log cannot be trusted. */
const REMOTE = /^(nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|fuse\.(sshfs|s3fs|rclone|glusterfs)|afs|lustre|virtiofs)$/;
const IN_MEMORY = /^(tmpfs|ramfs)$/;

function fileSystem({ home }: CliSettings): Check {
  const type = fileSystemOf(nearestFolder(home)) ?? 'unknown';
  const state = REMOTE.test(type) ? 'fail' : IN_MEMORY.test(type) ? 'warn' : 'ok';
  return {
    name: 'file system',
    state,
    found: `${type}${state === 'warn' ? ': in memory only' : ''}`,
    why: 'the database needs locks and a write-ahead log that only local file systems keep, and should outlive a restart',
    mend: state === 'ok' ? '' : 'put the data on a local disk: GANTRY_HOME=/some/folder',
  };
}

/** Type of the file system by the longest mount point that the folder lies under. */
export function fileSystemOf(folder: string, mounts = readFileSync('/proc/self/mounts', 'utf8')): string | undefined {
  const found = mounts
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, point]) => point !== undefined && isUnder(folder, unescaped(point)))
    .sort(([, a = ''], [, b = '']) => unescaped(b).length - unescaped(a).length);
  return found[0]?.[2];
}

const isUnder = (folder: string, point: string): boolean =>
  point === '/' || folder === point || folder.startsWith(`${point}/`);

/** The kernel writes blanks in mount points as `\040`. */
const unescaped = (point: string): string =>
  point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** SQLite's file header: its magic words, and two bytes that say whether a write-ahead log is used. */
const HEADER_BYTES = 20;
const MAGIC = 'SQLite format 3\0';
const WAL = 2;

function database({ home, databaseUrl }: CliSettings): Check {
  const file = join(home, 'gantry.db');
  const check = {
    name: 'database',
    why: 'what was answered must survive a power cut (write-ahead log, synced at each commit)',
  };
  if (databaseUrl !== undefined)
    return { ...check, state: 'ok', found: 'PostgreSQL, by GANTRY_DATABASE_URL', mend: '' };
  const header = headerOf(file);
  if (header === undefined) return { ...check, state: 'ok', found: 'none yet: made at the first start', mend: '' };
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return { ...check, state: 'fail', found: `${file} is no SQLite database`, mend: 'put a copy of it back' };
  }
  const wal = header[18] === WAL && header[19] === WAL;
  const size = `${(statSync(file).size / 1024 / 1024).toFixed(1)} MiB`;
  return {
    ...check,
    state: wal ? 'ok' : 'warn',
    found: `SQLite, ${size}, ${wal ? 'write-ahead log on' : 'write-ahead log off'}`,
    mend: wal ? '' : 'it is switched on at the next ./gantry up',
  };
}

function headerOf(file: string): Buffer | undefined {
  try {
    const descriptor = openSync(file, 'r');
    const header = Buffer.alloc(HEADER_BYTES);
    readSync(descriptor, header, 0, HEADER_BYTES, 0);
    closeSync(descriptor);
    return header;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function clientFile({ home }: CliSettings): Check {
  const file = join(home, CLIENT_FILE);
  const check = { name: 'token', why: 'whoever reads it may do all that its owner may' };
  const kept = readClientFile(home);
  if (kept?.token === undefined) return { ...check, state: 'ok', found: 'none kept in this folder', mend: '' };
  const open = (statSync(file).mode & 0o077) !== 0;
  return {
    ...check,
    state: open ? 'fail' : 'ok',
    found: open ? `${file} is open to other users` : `kept in ${file}, for its owner only`,
    mend: open ? `chmod 600 ${file}` : '',
  };
}

function processes({ home }: CliSettings): Check {
  const state = readUpState(home);
  const supervised = state !== undefined && isRunning(state.supervisor);
  const running = [
    ...(supervised ? [`up (${state.supervisor.pid})`] : []),
    ...stateFiles(home).flatMap(({ name, identity }) => (identity === undefined ? [] : [`${name} (${identity.pid})`])),
  ];
  const alone = running.length > 0 && !supervised;
  return {
    name: 'processes',
    state: alone ? 'warn' : 'ok',
    found:
      running.length === 0
        ? 'none of this folder run'
        : `${running.join(', ')}${supervised ? `, at ${state.url}` : ''}`,
    why: 'a process that nobody watches is not started again when it ends',
    mend: alone ? './gantry down ends them' : '',
  };
}
