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
import { DummyTable } from './gateway-table';
import { type Journal, memoryJournal } from './journal';

/**
 * A gateway that is only told of, for machines without Docker and for tests: same contract, no traffic. What it has been
 * told can be read back, and `serve` plays requests, so that counters and samples have something to say.
 */
export class DummyGateway implements Gateway {
  private readonly state = new DummyTable();
  private readonly counts = new Map<string, LaneCounters>();
  /** Lanes whose sessions were closed, newest last: `s0_a`. */
  readonly closed: string[] = [];
  private readonly watchers = new Set<{ slot: number; onSample: (sample: RequestSample) => void }>();

  constructor(
    private readonly listen: GatewayAddress = { host: '127.0.0.1', port: 0 },
    private readonly journal: Journal = memoryJournal(),
  ) {
    journal.follow((entry) => this.state.apply(entry));
  }

  async start(): Promise<GatewayAddress> {
    this.beginRunning();
    return this.listen;
  }

  async address(): Promise<GatewayAddress | undefined> {
    this.journal.catchUp();
    return this.state.running ? this.listen : undefined;
  }

  async route(route: Route): Promise<void> {
    checkRoute(route);
    if (this.follows(route)) return;
    this.journal.append({ does: 'route', route });
    if (!this.follows(route)) {
      throw new StaleRouteError(route.host, route.version, this.state.routes.get(route.host)?.version ?? 0);
    }
  }

  async readRoute(host: string): Promise<Route | undefined> {
    checkHost(host);
    this.journal.catchUp();
    const route = this.state.routes.get(host);
    if (route === undefined) return undefined;
    const { sticky, ...plain } = structuredClone(route);
    return sticky === true ? { ...plain, sticky } : plain;
  }

  async removeRoute(host: string): Promise<void> {
    checkHost(host);
    this.journal.append({ does: 'remove-route', host });
  }

  async keepNames(names: readonly InsideName[]): Promise<void> {
    names.forEach(checkInsideName);
    this.journal.catchUp();
    const unknown = names.filter(({ stage, app, host }) => this.state.names.get(`${stage}/${app}`) !== host);
    if (unknown.length > 0) this.journal.append({ does: 'keep-names', names: unknown });
  }

  async keepUsers(list: UserList): Promise<void> {
    checkUsers(list);
    if (!this.knows(list)) this.journal.append({ does: 'keep-users', list });
  }

  async closeSessions(slot: number, lane: Lane): Promise<void> {
    checkSlot(slot);
    this.journal.catchUp();
    const isMet = [...this.state.routes.values()].some(
      (r) => r.slot === slot && (r.stable === lane || r.gray === lane),
    );
    if (!isMet) this.closed.push(backendName(slot, lane));
  }

  async prepareServers(slot: number, _lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
  }

  async addServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
    this.journal.append({ does: 'add-servers', slot, lane, servers });
  }

  async removeServers(slot: number, lane: Lane, names: readonly string[], _drainMs: number): Promise<void> {
    checkSlot(slot);
    this.journal.append({ does: 'remove-servers', backend: backendName(slot, lane), names });
  }

  async listServers(slot: number, only?: Lane): Promise<{ lane: Lane; name: string; sessions: number; up: boolean }[]> {
    checkSlot(slot);
    this.journal.catchUp();
    const asked = only === undefined ? LANES : [only];
    return asked.flatMap((lane) =>
      [...this.state.lane(slot, lane).values()].map(({ name, sessions }) => ({
        lane,
        name,
        sessions,
        up: this.state.running,
      })),
    );
  }

  async converge(records: () => Promise<GatewayRecords>): Promise<string[]> {
    const { slots: desired, users, names } = await records();
    await this.keepNames(names);
    for (const list of users) if (!this.knows(list)) this.journal.append({ does: 'keep-users', list });
    const told: string[] = [];
    if (!this.state.running) told.push('the gateway did not answer; it was started');
    this.beginRunning();
    const wanted = new Map<string, { slot: number; lane: Lane; servers: readonly GatewayServer[] }>();
    for (const { route, lanes } of desired) {
      told.push(...this.convergeRoute(route));
      for (const lane of LANES) {
        wanted.set(backendName(route.slot, lane), { slot: route.slot, lane, servers: lanes[lane] });
      }
    }
    for (const host of this.state.routes.keys()) {
      if (desired.some(({ route }) => route.host === host)) continue;
      this.journal.append({ does: 'remove-route', host });
      told.push(`${host} is in no record: its route was removed`);
    }
    for (const { slot, lane, servers } of wanted.values()) told.push(...this.addMissing(slot, lane, servers));
    for (const backend of this.state.lanes.keys()) {
      told.push(...this.removeExtra(backend, wanted.get(backend)?.servers ?? []));
    }
    const named = new Set([...this.state.routes.values()].flatMap(listsOf));
    for (const id of this.state.users.keys()) if (!named.has(id)) this.journal.append({ does: 'drop-users', id });
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
    this.journal.append({ does: 'remove-gateway' });
    this.counts.clear();
  }

  /** What a visitor with this request meets; undefined for a host that has no route. */
  meet(host: string, request: VisitorRequest): Met | undefined {
    this.journal.catchUp();
    const route = this.state.routes.get(host);
    if (route === undefined) return undefined;
    return whoMeets(route, request, {
      isListed: (list, user) => this.state.users.get(list)?.includes(user) === true,
      laneOfSession: (session) =>
        LANES.find((lane) => [...this.state.lane(route.slot, lane).keys()].some((name) => sessionOf(name) === session)),
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
    const hasGray = [...this.state.routes.values()].some((route) => route.slot === slot && route.gray !== null);
    for (const watcher of this.watchers) {
      if (watcher.slot === slot && hasGray) watcher.onSample(sample);
    }
  }

  private beginRunning(): void {
    this.journal.catchUp();
    if (!this.state.running) this.journal.append({ does: 'start-gateway' });
  }

  /** Whether the host goes where this route says, as it stands now. */
  private follows(route: Route): boolean {
    this.journal.catchUp();
    const current = this.state.routes.get(route.host);
    return current !== undefined && formatRoute(current) === formatRoute(this.state.withSticky(route));
  }

  private knows({ id, names }: UserList): boolean {
    return this.state.users.get(id)?.join('\n') === names.join('\n');
  }

  private convergeRoute(recorded: Route): string[] {
    const current = this.state.routes.get(recorded.host);
    if (current !== undefined && current.version > recorded.version) {
      return [`${recorded.host} follows version ${current.version}, which is newer than the records: left as it is`];
    }
    if (this.follows(recorded)) return [];
    // What has its version and is other than it says was never told by Gantry.
    if (current?.version === recorded.version) this.journal.append({ does: 'remove-route', host: recorded.host });
    this.journal.append({ does: 'route', route: this.state.withSticky(recorded) });
    return [`${recorded.host} did not follow version ${recorded.version}: it does again`];
  }

  private addMissing(slot: number, lane: Lane, wanted: readonly GatewayServer[]): string[] {
    const present = this.state.lane(slot, lane);
    const missing = wanted.filter((server) => !present.has(server.name));
    if (missing.length > 0) this.journal.append({ does: 'add-servers', slot, lane, servers: missing });
    const backend = backendName(slot, lane);
    return missing.map(({ name }) => `server ${name} (${backend}) was missing: it was added`);
  }

  private removeExtra(backend: string, wanted: readonly GatewayServer[]): string[] {
    const present = [...(this.state.lanes.get(backend)?.keys() ?? [])];
    const extra = present.filter((name) => !wanted.some((server) => server.name === name));
    if (extra.length > 0) this.journal.append({ does: 'remove-servers', backend, names: extra });
    return extra.map((name) => `server ${name} (${backend}) is in no record: it was removed`);
  }
}
