import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { codeOf } from '../errors';
import { commandOf } from './identity';

export interface Listener {
  pid: number;
  /** Its command line, shortened. */
  command: string;
}

/** Nothing listens at the address, and this user may listen there. Otherwise the system's own code. */
export function tryPort(
  host: string,
  port: number,
): Promise<{ free: true; port: number } | { free: false; code: string }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ free: false, code: codeOf(error) }));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve({ free: true, port: got }));
    });
  });
}

/** A port that is free now. */
export async function freePort(host: string): Promise<number> {
  const tried = await tryPort(host, 0);
  if (!tried.free) throw new Error(`no port is free on ${host} (${tried.code})`);
  return tried.port;
}

/** Who listens on a TCP port of this machine; undefined when nobody does, or /proc does not tell this user. */
export function listenerOn(port: number): Listener | undefined {
  const sockets = new Set([...socketsOn(port, '/proc/net/tcp'), ...socketsOn(port, '/proc/net/tcp6')]);
  if (sockets.size === 0) return undefined;
  for (const pid of readdirSync('/proc').map(Number).filter(Boolean)) {
    if (holds(pid, sockets)) return { pid, command: commandOf(pid).slice(0, COMMAND_MAX) };
  }
  return undefined;
}

const COMMAND_MAX = 60;
/** State "listen" in /proc/net/tcp. */
const LISTEN = '0A';

/** Names of the sockets that listen on the port: `socket:[12345]`. */
function socketsOn(port: number, table: string): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return linesOf(table)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTEN && local?.endsWith(`:${hex}`))
    .map((fields) => `socket:[${fields[9]}]`);
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').slice(1);
  } catch {
    // A machine without IPv6 has no tcp6.
    return [];
  }
}

function holds(pid: number, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => sockets.has(readlink(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // Another user's process: it does not tell.
    return false;
  }
}

function readlink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed while we looked.
    return '';
  }
}
