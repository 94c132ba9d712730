import type { GatewayServer, Lane, Route } from '../../engine/ports/gateway';
import { backendName } from '../gateway/names';
import type { DummyEntry } from './journal';

interface DummyServer extends GatewayServer {
  sessions: number;
}

/** What a dummy gateway has been told so far. */
export class DummyTable {
  running = false;
  readonly routes = new Map<string, Route>();
  readonly lanes = new Map<string, Map<string, DummyServer>>();
  readonly users = new Map<string, readonly string[]>();
  /** The host that a name leads to: `test/shop`. */
  readonly names = new Map<string, string>();

  /** The one place where something becomes true; entries of cluster and builder are none of its business. */
  apply(entry: DummyEntry): void {
    if (entry.does === 'start-gateway') this.running = true;
    if (entry.does === 'remove-gateway') this.clear();
    if (entry.does === 'route') this.applyRoute(entry.route);
    if (entry.does === 'remove-route') this.routes.delete(entry.host);
    if (entry.does === 'keep-names') {
      for (const { stage, app, host } of entry.names) this.names.set(`${stage}/${app}`, host);
    }
    if (entry.does === 'keep-users') this.users.set(entry.list.id, entry.list.names);
    if (entry.does === 'drop-users') this.users.delete(entry.id);
    if (entry.does === 'add-servers') this.addServers(this.lane(entry.slot, entry.lane), entry.servers);
    if (entry.does === 'remove-servers') {
      for (const name of entry.names) this.lanes.get(entry.backend)?.delete(name);
    }
  }

  lane(slot: number, lane: Lane): Map<string, DummyServer> {
    const key = backendName(slot, lane);
    const servers = this.lanes.get(key) ?? new Map<string, DummyServer>();
    this.lanes.set(key, servers);
    return servers;
  }

  withSticky(route: Route): Route {
    return { ...route, sticky: route.sticky ?? this.routes.get(route.host)?.sticky ?? false };
  }

  /** Nothing becomes of a route when a newer one is there, or another of its version. */
  private applyRoute(route: Route): void {
    const current = this.routes.get(route.host);
    if (current !== undefined && route.version <= current.version) return;
    this.routes.set(route.host, structuredClone(this.withSticky(route)));
  }

  private addServers(present: Map<string, DummyServer>, servers: readonly GatewayServer[]): void {
    for (const server of servers) {
      present.set(server.name, { ...server, sessions: present.get(server.name)?.sessions ?? 0 });
    }
  }

  private clear(): void {
    this.running = false;
    for (const part of [this.routes, this.lanes, this.users]) part.clear();
  }
}
