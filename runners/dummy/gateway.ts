import {
  type Gateway,
  type GatewayAddress,
  type GatewayRecords,
  type GatewayServer,
  type InsideName,
  LANES,
  type Lane,
  type LaneCounters,
  type RequestSample,
  type Route,
  StaleRouteError,
  type UserList,
} from '../../engine/ports/gateway';
import type { VisitorRequest } from '../../engine/rollout/request';
import { listsOf } from '../../engine/rollout/rules';
import { type Met, sessionOf, whoMeets } from '../../engine/rollout/visitor';
import {
  backendName,
  checkHost,
  checkInsideName,
  checkRoute,
  checkServer,
  checkSlot,
  checkUsers,
} from '../gateway/names';
import { formatRoute } from '../gateway/route-line';

interface DummyServer extends GatewayServer {
  sessions: number;
}

/**
 * A gateway in memory, for machines without Docker and for tests: same contract, no traffic. What it has been told can
 * be read back, and `serve` plays requests, so that counters and samples have something to say.
 */
export class DummyGateway implements Gateway {
  private running = false;
  private readonly routes = new Map<string, Route>();
  private readonly lanes = new Map<string, Map<string, DummyServer>>();
  private readonly counts = new Map<string, LaneCounters>();
  private readonly users = new Map<string, readonly string[]>();
  /** The host that a name leads to: `test/shop`. */
  readonly names = new Map<string, string>();
  /** Lanes whose sessions were closed, newest last: `s0_a`. */
  readonly closed: string[] = [];
  private readonly watchers = new Set<{ slot: number; onSample: (sample: RequestSample) => void }>();

  constructor(private readonly listen: GatewayAddress = { host: '127.0.0.1', port: 0 }) {}

  async start(): Promise<GatewayAddress> {
    this.running = true;
    return this.listen;
  }

  async address(): Promise<GatewayAddress | undefined> {
    return this.running ? this.listen : undefined;
  }

  async route(route: Route): Promise<void> {
    checkRoute(route);
    const current = this.routes.get(route.host);
    const next = { ...route, sticky: route.sticky ?? current?.sticky ?? false };
    const isOlder = current !== undefined && route.version < current.version;
    const isOther = current?.version === route.version && formatRoute(current) !== formatRoute(next);
    if (isOlder || isOther) throw new StaleRouteError(route.host, route.version, current.version);
    this.routes.set(route.host, structuredClone(next));
  }

  async readRoute(host: string): Promise<Route | undefined> {
    checkHost(host);
    const route = this.routes.get(host);
    if (route === undefined) return undefined;
    const { sticky, ...plain } = structuredClone(route);
    return sticky === true ? { ...plain, sticky } : plain;
  }

  async removeRoute(host: string): Promise<void> {
    checkHost(host);
    this.routes.delete(host);
  }

  async keepNames(names: readonly InsideName[]): Promise<void> {
    names.forEach(checkInsideName);
    for (const { stage, app, host } of names) this.names.set(`${stage}/${app}`, host);
  }

  async keepUsers(list: UserList): Promise<void> {
    checkUsers(list);
    this.users.set(list.id, list.names);
  }

  async closeSessions(slot: number, lane: Lane): Promise<void> {
    checkSlot(slot);
    const isMet = [...this.routes.values()].some((r) => r.slot === slot && (r.stable === lane || r.gray === lane));
    if (!isMet) this.closed.push(backendName(slot, lane));
  }

  async prepareServers(slot: number, _lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
  }

  async addServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
    const present = this.lane(slot, lane);
    for (const server of servers) {
      present.set(server.name, { ...server, sessions: present.get(server.name)?.sessions ?? 0 });
    }
  }

  async removeServers(slot: number, lane: Lane, names: readonly string[], _drainMs: number): Promise<void> {
    checkSlot(slot);
    for (const name of names) this.lane(slot, lane).delete(name);
  }

  async listServers(slot: number, only?: Lane): Promise<{ lane: Lane; name: string; sessions: number; up: boolean }[]> {
    checkSlot(slot);
    const asked = only === undefined ? LANES : [only];
    return asked.flatMap((lane) =>
      [...this.lane(slot, lane).values()].map(({ name, sessions }) => ({ lane, name, sessions, up: this.running })),
    );
  }

  async converge(records: () => Promise<GatewayRecords>): Promise<string[]> {
    const { slots: desired, users, names } = await records();
    await this.keepNames(names);
    for (const { id, names } of users) this.users.set(id, names);
    const told: string[] = [];
    if (!this.running) told.push('the gateway did not answer; it was started');
    this.running = true;
    const wanted = new Map<string, readonly GatewayServer[]>();
    for (const { route, lanes } of desired) {
      told.push(...this.convergeRoute(route));
      for (const lane of LANES) wanted.set(backendName(route.slot, lane), lanes[lane]);
    }
    for (const host of this.routes.keys()) {
      if (desired.some(({ route }) => route.host === host)) continue;
      this.routes.delete(host);
      told.push(`${host} is in no record: its route was removed`);
    }
    for (const backend of new Set([...wanted.keys(), ...this.lanes.keys()])) {
      told.push(...this.convergeBackend(backend, wanted.get(backend) ?? []));
    }
    const named = new Set([...this.routes.values()].flatMap(listsOf));
    for (const id of this.users.keys()) if (!named.has(id)) this.users.delete(id);
    return told;
  }

  async counters(): Promise<LaneCounters[]> {
    return [...this.counts.values()].map((counters) => ({ ...counters }));
  }

  watch(slot: number, onSample: (sample: RequestSample) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const watcher = { slot, onSample };
    this.watchers.add(watcher);
    return new Promise((resolve) => {
      const stop = () => {
        this.watchers.delete(watcher);
        resolve();
      };
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  async remove(): Promise<void> {
    this.running = false;
    for (const part of [this.routes, this.lanes, this.counts, this.users]) part.clear();
  }

  /** What a visitor with this request meets; undefined for a host that has no route. */
  meet(host: string, request: VisitorRequest): Met | undefined {
    const route = this.routes.get(host);
    if (route === undefined) return undefined;
    return whoMeets(route, request, {
      isListed: (list, user) => this.users.get(list)?.includes(user) === true,
      laneOfSession: (session) =>
        LANES.find((lane) => [...this.lane(route.slot, lane).keys()].some((name) => sessionOf(name) === session)),
    });
  }

  /** Plays one request that this lane answered; `status` 0 is one that got no answer. */
  serve(slot: number, sample: RequestSample): void {
    const { lane, status } = sample;
    const key = backendName(slot, lane);
    const before = this.counts.get(key) ?? { slot, lane, requests: 0, errors5xx: 0, failed: 0, sessions: 0 };
    this.counts.set(key, {
      ...before,
      requests: before.requests + 1,
      errors5xx: before.errors5xx + (status >= 500 ? 1 : 0),
      failed: before.failed + (status === 0 ? 1 : 0),
    });
    const hasGray = [...this.routes.values()].some((route) => route.slot === slot && route.gray !== null);
    for (const watcher of this.watchers) {
      if (watcher.slot === slot && hasGray) watcher.onSample(sample);
    }
  }

  private convergeRoute(recorded: Route): string[] {
    const current = this.routes.get(recorded.host);
    const route = { ...recorded, sticky: recorded.sticky ?? current?.sticky ?? false };
    if (current !== undefined && current.version > route.version) {
      return [`${route.host} follows version ${current.version}, which is newer than the records: left as it is`];
    }
    if (current !== undefined && formatRoute(current) === formatRoute(route)) return [];
    this.routes.set(route.host, structuredClone(route));
    return [`${route.host} did not follow version ${route.version}: it does again`];
  }

  private convergeBackend(backend: string, wanted: readonly GatewayServer[]): string[] {
    const present = this.lanes.get(backend) ?? new Map<string, DummyServer>();
    this.lanes.set(backend, present);
    const missing = wanted.filter((server) => !present.has(server.name));
    const extra = [...present.keys()].filter((name) => !wanted.some((server) => server.name === name));
    for (const server of missing) present.set(server.name, { ...server, sessions: 0 });
    for (const name of extra) present.delete(name);
    return [
      ...missing.map(({ name }) => `server ${name} (${backend}) was missing: it was added`),
      ...extra.map((name) => `server ${name} (${backend}) is in no record: it was removed`),
    ];
  }

  private lane(slot: number, lane: Lane): Map<string, DummyServer> {
    const key = backendName(slot, lane);
    const servers = this.lanes.get(key) ?? new Map<string, DummyServer>();
    this.lanes.set(key, servers);
    return servers;
  }
}
