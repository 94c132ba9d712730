import type {
  Gateway,
  GatewayAddress,
  GatewayRecords,
  GatewayServer,
  Lane,
  LaneCounters,
  RequestSample,
  Route,
  UserList,
} from '../../../engine/ports/gateway';
import { LANES } from '../../../engine/ports/gateway';
import { follow } from '../../../runners/gateway/follow';
import { formatRoute } from '../../../runners/gateway/route-line';
import { laneKey, type SimulatedServer } from '../simulation';
import type { WorldRecord } from './record';

const ADDRESS: GatewayAddress = { host: '127.0.0.1', port: 8080 };

/** A gateway that outlives the processes of Gantry: it follows what it was told last, by the rules of the real one. */
export class SimulatedGateway implements Gateway {
  readonly routes = new Map<string, Route>();
  readonly lanes = new Map<string, Map<string, SimulatedServer>>();
  private readonly counts = new Map<string, LaneCounters>();
  private started = false;
  /** Changes that steps and loops have made, but for the comparison with SQL. */
  private changes = 0;

  constructor(private readonly record: WorldRecord) {}

  get runs(): boolean {
    return this.started && this.record.trouble.gateway === 'fine';
  }

  async start(): Promise<GatewayAddress> {
    return this.record.gateway(() => {
      this.started = true;
      return ADDRESS;
    });
  }

  async address(): Promise<GatewayAddress | undefined> {
    return this.runs ? ADDRESS : undefined;
  }

  route(offered: Route): Promise<void> {
    return this.record.gateway(() => {
      const current = this.routes.get(offered.host);
      try {
        const { route, isNew } = follow(current, offered);
        this.routes.set(offered.host, route);
        this.changes += 1;
        this.record.note('route', offered.host, isNew, { route });
      } catch (error) {
        this.record.note('route', offered.host, false, { route: offered });
        throw error;
      }
    });
  }

  readRoute(host: string): Promise<Route | undefined> {
    return this.record.gateway(() => this.routes.get(host));
  }

  async removeRoute(host: string): Promise<void> {
    await this.record.gateway(() => this.record.note('route-remove', host, this.routes.delete(host)));
  }

  async keepNames(): Promise<void> {
    await this.record.gateway(() => undefined);
  }

  async keepUsers(_list: UserList): Promise<void> {
    await this.record.gateway(() => undefined);
  }

  async prepareServers(): Promise<void> {
    await this.record.gateway(() => undefined);
  }

  async addServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    await this.record.gateway(() => {
      const present = this.lane(slot, lane);
      const names = servers.map(({ name }) => name);
      const changed = servers.some(({ name, address }) => present.get(name)?.address !== address);
      for (const { name, address } of servers) {
        present.set(name, { name, address, sessions: present.get(name)?.sessions ?? 0 });
      }
      this.changes += 1;
      this.record.note('servers-add', laneKey(slot, lane), changed, { names });
    });
  }

  async removeServers(slot: number, lane: Lane, names: readonly string[]): Promise<void> {
    await this.record.gateway(() => {
      const present = this.lane(slot, lane);
      const gone = names.filter((name) => present.delete(name));
      this.changes += 1;
      this.record.note('servers-remove', laneKey(slot, lane), gone.length > 0, { names });
    });
  }

  async closeSessions(slot: number, lane: Lane): Promise<void> {
    await this.record.gateway(() => this.record.note('sessions-close', laneKey(slot, lane), true));
  }

  async listServers(slot: number, only?: Lane): Promise<{ lane: Lane; name: string; sessions: number; up: boolean }[]> {
    return this.record.gateway(() =>
      (only === undefined ? LANES : [only]).flatMap((lane) =>
        [...this.lane(slot, lane).values()].map(({ name, sessions }) => ({
          lane,
          name,
          sessions,
          up: this.isUp(name),
        })),
      ),
    );
  }

  async converge(records: () => Promise<GatewayRecords>): Promise<string[]> {
    const seen = this.changes;
    const { slots } = await records();
    // The real one keeps others out meanwhile; whoever was faster here makes it look again.
    if (this.changes !== seen) return this.converge(records);
    return this.record.gateway(() => {
      if (this.changes !== seen) return [];
      this.started = true;
      const told = slots.flatMap(({ route, lanes }) => [
        ...this.convergeRoute(route),
        ...LANES.flatMap((lane) => this.convergeLane(route.slot, lane, lanes[lane])),
      ]);
      if (told.length > 0) this.record.note('converge', 'gateway', true);
      return told;
    });
  }

  async counters(): Promise<LaneCounters[]> {
    return this.record.gateway(() => [...this.counts.values()]);
  }

  watch(_slot: number, _onSample: (sample: RequestSample) => void, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async remove(): Promise<void> {
    this.forget();
  }

  /** Everything as it is there. */
  copy(other: SimulatedGateway): void {
    for (const [host, route] of other.routes) this.routes.set(host, route);
    for (const [lane, servers] of other.lanes) {
      this.lanes.set(lane, new Map([...servers].map(([name, server]) => [name, { ...server }])));
    }
    for (const [lane, counts] of other.counts) this.counts.set(lane, counts);
    this.started = other.started;
  }

  // What happens to it.

  /** Asks the cluster whether an instance answers: the gateway's own health checks. */
  isUp: (name: string) => boolean = () => true;

  /** Its files are lost, and with them all it knew. */
  forget(): void {
    this.routes.clear();
    this.lanes.clear();
    this.counts.clear();
  }

  /** Visitors come. */
  visit(slot: number, lane: Lane, requests: number, failed: number): void {
    const key = laneKey(slot, lane);
    const before = this.counts.get(key) ?? { slot, lane, requests: 0, errors5xx: 0, failed: 0, sessions: 0 };
    const errors5xx = before.errors5xx + failed;
    this.counts.set(key, { ...before, requests: before.requests + requests, errors5xx });
  }

  private convergeRoute(recorded: Route): string[] {
    const current = this.routes.get(recorded.host);
    const route = { ...recorded, sticky: recorded.sticky ?? current?.sticky ?? false };
    if (current !== undefined && current.version > route.version) return [];
    if (current !== undefined && formatRoute(current) === formatRoute(route)) return [];
    this.routes.set(route.host, route);
    return [`${route.host} follows version ${route.version}`];
  }

  private convergeLane(slot: number, lane: Lane, wanted: readonly GatewayServer[]): string[] {
    const present = this.lane(slot, lane);
    const missing = wanted.filter(({ name, address }) => present.get(name)?.address !== address);
    const extra = [...present.keys()].filter((name) => !wanted.some((server) => server.name === name));
    for (const { name, address } of missing) present.set(name, { name, address, sessions: 0 });
    for (const name of extra) present.delete(name);
    return [...missing.map(({ name }) => `${name} was added`), ...extra.map((name) => `${name} was removed`)];
  }

  private lane(slot: number, lane: Lane): Map<string, SimulatedServer> {
    const key = laneKey(slot, lane);
    const servers = this.lanes.get(key) ?? new Map<string, SimulatedServer>();
    this.lanes.set(key, servers);
    return servers;
  }
}
