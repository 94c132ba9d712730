import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Address, CliSettings } from '../../settings';
import { hostAndPort } from '../api/address';
import { readUpState } from '../house/state';
import { isRunning } from '../processes/identity';
import { listenerOn, tryPort } from '../processes/ports';
import type { Check } from './check';

const GIB = 1024 ** 3;
/** Base images and a few releases take this much. */
const DISK_WANTED = 10 * GIB;
const DISK_NEEDED = 2 * GIB;
const FILES_WANTED = 4096;
const PROGRAM_MS = 5_000;

/** What the machine must bring, apart from Docker. */
export async function machineChecks(settings: CliSettings): Promise<Check[]> {
  return Promise.all([
    Promise.resolve(node()),
    program('git', ['--version'], 'pushes are taken by git itself', 'git'),
    redis(settings),
    disk(settings),
    port(settings, settings.listen, 'port web', 'the pages, the API and Git listen there'),
    port(settings, settings.gateway, 'port gateway', 'apps are reached there'),
    Promise.resolve(openFiles()),
    Promise.resolve(clock()),
  ]);
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 22 || (major === 22 && minor >= 12);
  return {
    name: 'node',
    state: !fits ? 'fail' : major % 2 === 1 ? 'warn' : 'ok',
    found: `Node ${process.versions.node}`,
    why: 'native modules of a newer Node end an older one at once; odd versions are short-lived',
    mend:
      fits && major % 2 === 0 ? '' : './gantry brings its own Node 24: start it by ./gantry, or eval "$(./gantry env)"',
  };
}

async function program(name: string, args: string[], why: string, debian: string): Promise<Check> {
  const found = await firstLine(name, args);
  const mend = found === undefined ? `sudo apt-get install ${debian}` : '';
  return { name, state: found === undefined ? 'fail' : 'ok', found: found ?? 'not installed', why, mend };
}

async function redis(settings: CliSettings): Promise<Check> {
  const why = 'it rings the bell for new work; without it work is found by looking, more slowly';
  if (settings.redisUrl === undefined) return program('redis-server', ['--version'], why, 'redis-server');
  const { host } = new URL(settings.redisUrl);
  return { name: 'redis-server', state: 'ok', found: `not needed: GANTRY_REDIS_URL names ${host}`, why, mend: '' };
}

function firstLine(name: string, args: string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(name, args, { timeout: PROGRAM_MS }, (error, stdout) => {
      resolve(error === null ? (stdout.split('\n', 1)[0] ?? '').split(' sha=', 1)[0] : undefined);
    });
  });
}

async function disk({ home }: CliSettings): Promise<Check> {
  const { bavail, bsize } = await statfs(nearestFolder(home));
  const free = bavail * bsize;
  return {
    name: 'disk',
    state: free < DISK_NEEDED ? 'fail' : free < DISK_WANTED ? 'warn' : 'ok',
    found: `${(free / GIB).toFixed(1)} GiB free for ${home}`,
    why: 'releases, images and logs live there; a full disk stops every build',
    mend: free < DISK_WANTED ? 'make room, or put the data elsewhere: GANTRY_HOME=/some/folder' : '',
  };
}

/** The folder itself, or the nearest above it that is there. */
export function nearestFolder(folder: string): string {
  try {
    readFileSync(folder);
    return dirname(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') return folder;
    const above = dirname(folder);
    return above === folder ? folder : nearestFolder(above);
  }
}

async function port(settings: CliSettings, address: Address, name: string, why: string): Promise<Check> {
  const where = hostAndPort(address);
  const up = readUpState(settings.home);
  if (up !== undefined && isRunning(up.supervisor)) {
    return { name, state: 'ok', found: `Gantry runs (${up.url}, gateway ${up.gateway})`, why, mend: '' };
  }
  if ((await tryPort(address.host, address.port)).free)
    return { name, state: 'ok', found: `${where} is free`, why, mend: '' };
  const owner = listenerOn(address.port);
  const option = name === 'port web' ? '--port' : '--gateway-port';
  return {
    name,
    state: 'warn',
    found: `${where} is in use${owner === undefined ? '' : ` by process ${owner.pid} (${owner.command})`}`,
    why,
    mend: `./gantry up ${option} ${address.port + 1}; a gateway that kept serving after ./gantry down may stay`,
  };
}

function openFiles(): Check {
  const limit = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '0';
  const enough = limit === 'unlimited' || Number(limit) >= FILES_WANTED;
  return {
    name: 'open files',
    state: enough ? 'ok' : 'warn',
    found: `${limit} per process`,
    why: 'each push, log reader and event stream holds some',
    mend: enough ? '' : `ulimit -n ${FILES_WANTED} before ./gantry up`,
  };
}

/** Leases and audit entries carry times. */
const SENSIBLE_YEAR = 2025;

function clock(): Check {
  const now = new Date();
  const sensible = now.getUTCFullYear() >= SENSIBLE_YEAR;
  const source = readOr('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'unknown source');
  return {
    name: 'clock',
    state: sensible ? 'ok' : 'fail',
    found: `${now.toISOString()}, by ${source.trim()}`,
    why: 'audit entries, approvals and certificates depend on it',
    mend: sensible ? '' : 'set it, and keep it right: sudo apt-get install chrony',
  };
}

function readOr(file: string, fallback: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // Not every kernel tells.
    return fallback;
  }
}
