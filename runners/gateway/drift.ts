import {
  type GatewayRecords,
  type GatewayServer,
  type GatewaySlot,
  LANES,
  type Route,
} from '../../engine/ports/gateway';
import type { DeclaredServers } from './gateway-files';
import type { RunningServer } from './lane-servers';
import { backendName } from './names';
import { formatRoute } from './route-line';

/** What the gateway's files should say. */
export interface Desired {
  routes: ReadonlyMap<string, Route>;
  servers: DeclaredServers;
}

/** The differences between the records and a running gateway, as work to do and as sentences for people. */
export interface Drift {
  desired: Desired;
  /** Map lines to write, by host. */
  lines: ReadonlyMap<string, string>;
  extraHosts: readonly string[];
  /** Servers that are absent, held back or at another address. */
  missing: readonly { backend: string; servers: readonly GatewayServer[] }[];
  extraServers: readonly { backend: string; name: string }[];
  sentences: readonly string[];
}

/** What the process answers: the raw map lines by host, and its servers. */
export interface Running {
  routes: ReadonlyMap<string, string>;
  servers: readonly RunningServer[];
}

/**
 * Compares the records with the gateway's files and its running state.
 *
 * A host whose file holds a newer version than the records is left as it is: the switch may be under way, and a
 * comparison made from older records must not undo it. It is reported each time, since after a restore of the records
 * from a backup it is for people to decide.
 */
export function findDrift(
  { slots, starting }: Pick<GatewayRecords, 'slots' | 'starting'>,
  files: ReadonlyMap<string, Route>,
  declared: DeclaredServers,
  running: Running,
): Drift {
  const routes = compareRoutes(slots, files, running.routes);
  const backends = backendsOf(slots);
  const servers = compareServers(backends, starting, running.servers);
  return {
    desired: { routes: routes.routes, servers: { slots: declared.slots, backends } },
    lines: routes.lines,
    extraHosts: routes.extraHosts,
    missing: servers.missing,
    extraServers: servers.extra,
    sentences: [...routes.sentences, ...servers.sentences],
  };
}

function compareRoutes(
  slots: readonly GatewaySlot[],
  files: ReadonlyMap<string, Route>,
  running: ReadonlyMap<string, string>,
) {
  const routes = new Map<string, Route>();
  const lines = new Map<string, string>();
  const sentences: string[] = [];
  for (const { route } of slots) {
    const file = files.get(route.host);
    const isNewer = file !== undefined && file.version > route.version;
    if (isNewer) {
      sentences.push(
        `${route.host} follows version ${file.version}, which is newer than ${route.version} in the records: left as it is`,
      );
    }
    const expected = isNewer ? file : { ...route, sticky: route.sticky ?? file?.sticky ?? false };
    routes.set(route.host, expected);
    const line = formatRoute(expected);
    if (running.get(route.host) !== line) {
      lines.set(route.host, line);
      sentences.push(`${route.host} did not follow version ${expected.version}: it does again (${inWords(expected)})`);
    } else if (file === undefined || formatRoute(file) !== line) {
      sentences.push(
        `the gateway's file did not say version ${expected.version} of ${route.host}: it was written again`,
      );
    }
  }
  const extraHosts = [...new Set([...files.keys(), ...running.keys()])].filter((host) => !routes.has(host));
  sentences.push(...extraHosts.map((host) => `${host} is in no record: its route was removed`));
  return { routes, lines, extraHosts, sentences };
}

function backendsOf(slots: readonly GatewaySlot[]): DeclaredServers['backends'] {
  const backends: DeclaredServers['backends'] = {};
  for (const { route, lanes } of slots) {
    for (const lane of LANES) {
      if (lanes[lane].length > 0) backends[backendName(route.slot, lane)] = [...lanes[lane]];
    }
  }
  return backends;
}

function compareServers(
  backends: DeclaredServers['backends'],
  starting: readonly string[],
  running: readonly RunningServer[],
) {
  const sentences: string[] = [];
  const missing = Object.entries(backends).flatMap(([backend, servers]) => {
    const wrong = servers.filter((server) => {
      const reason = difference(
        server,
        running.find((one) => one.backend === backend && one.name === server.name),
      );
      if (reason !== undefined) sentences.push(`server ${server.name} (${backend}) ${reason}`);
      return reason !== undefined;
    });
    return wrong.length > 0 ? [{ backend, servers: wrong }] : [];
  });
  const extra = running
    .filter(({ name, retired }) => !retired && !starting.includes(name))
    .filter(({ backend, name }) => backends[backend]?.some((server) => server.name === name) !== true)
    .map(({ backend, name }) => ({ backend, name }));
  sentences.push(...extra.map(({ backend, name }) => `server ${name} (${backend}) is in no record: it was removed`));
  return { missing, extra, sentences };
}

function difference(server: GatewayServer, running: RunningServer | undefined): string | undefined {
  if (running === undefined || running.retired) return 'was missing: it was added';
  if (running.address !== server.address || running.port !== server.port) {
    return `was expected at ${running.address}:${running.port}: it is at ${server.address}:${server.port}`;
  }
  return running.heldBack ? 'received no requests: it was let in again' : undefined;
}

function inWords(route: Route): string {
  const lane = (name: string | null) => name ?? 'none';
  return `stable ${lane(route.stable)}, gray ${lane(route.gray)} at ${route.share}/10000`;
}
