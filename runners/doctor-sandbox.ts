import { isIP } from 'node:net';
import type { RunnerSettings } from '../settings';
import type { Check } from './check';

/**
 * Whether commands and Dockerfiles of apps could call what only Gantry should: they reach whatever the host reaches but
 * its loopback. What they find there asks for a token or a password all the same.
 * @param network in which commands are
 * @param bridge the interface that it is; undefined when Docker does not tell
 */
export function sandboxCheck(settings: RunnerSettings, network: string, bridge: string | undefined): Check {
  const check = { name: 'sandbox', why: 'a build runs what others wrote, and should find nothing of Gantry around it' };
  if (settings.base.builds.appNetwork === 'none') {
    return { ...check, state: 'ok', found: 'builds have no network at all (GANTRY_BUILD_NETWORK)', mend: '' };
  }
  const open = reachable(settings);
  if (open.length === 0) {
    return {
      ...check,
      state: 'ok',
      found: 'web, gateway, Redis and SQL are on the loopback of this machine',
      mend: '',
    };
  }
  const from = bridge ?? `the bridge of the network ${network}`;
  const mend = `let the firewall drop what comes from ${from} to them, or set GANTRY_BUILD_NETWORK=none (docs/sandbox.md)`;
  return { ...check, state: 'warn', found: `builds can reach ${open.join(', ')}`, mend };
}

/** What does not listen on, or lie at, the loopback: `web at 0.0.0.0:7070`. */
function reachable({ listen, gateway, redisUrl, redisGiven, databaseUrl, docker }: RunnerSettings): string[] {
  const places: [what: string, host: string, port: string | number][] = [
    ['web', listen.host, listen.port],
    ['the gateway', gateway.host, gateway.port],
    ...(redisGiven ? [placeOf('Redis', redisUrl, 6379)] : []),
    ...(databaseUrl === undefined ? [] : [placeOf('PostgreSQL', databaseUrl, 5432)]),
    ...('host' in docker ? [['Docker', docker.host, docker.port] as [string, string, number]] : []),
  ];
  return places.filter(([, host]) => !isLoopback(host)).map(([what, host, port]) => `${what} at ${host}:${port}`);
}

function placeOf(what: string, url: string, port: number): [string, string, string | number] {
  const { hostname, port: named } = new URL(url);
  return [what, hostname.replace(/^\[|\]$/g, ''), named || port];
}

function isLoopback(host: string): boolean {
  if (host === '' || host === 'localhost') return true;
  return isIP(host) === 4 ? host.startsWith('127.') : host === '::1';
}
