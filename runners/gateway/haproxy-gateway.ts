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
  type UserList,
} from '../../engine/ports/gateway';
import { listsOf } from '../../engine/rollout/rules';
import { recipeOf } from './configuration';
import type { GatewayContainerSpec } from './containers';
import { Declaration } from './declaration';
import { type Drift, findDrift } from './drift';
import { ServersNotHealthyError } from './errors';
import { FolderLock } from './folder-lock';
import { follow } from './follow';
import { GatewayFiles } from './gateway-files';
import { containerSpecOf, type HaproxyGatewayOptions } from './gateway-options';
import { GatewayProcess } from './gateway-process';
import { InsideNames } from './inside-names';
import { LaneMaps } from './lane-maps';
import { LaneServers } from './lane-servers';
import {
  backendName,
  checkHost,
  checkInsideName,
  checkRoute,
  checkServer,
  checkSlot,
  checkUsers,
  slotsFor,
} from './names';
import { INSIDE } from './paths';
import { formatRoute, parseRoute } from './route-line';
import { RuntimeApi } from './runtime-api';
import { RuntimeMap } from './runtime-map';
import { watchSamples } from './samples';
import { readCounters } from './statistics';
import { UserLists } from './user-lists';

/** Readiness was proven before; this is for the gateway's own look at it. */
const HEALTHY_MS = 10_000;
/** Comparing must not wait long for an app that is down anyway; its checks go on and let it in later. */
const CONVERGE_HEALTHY_MS = 3_000;
const CONVERGE_DRAIN_MS = 30_000;

/**
 * The gateway as HAProxy in a container. Everything is written to its folder first and told to the running process
 * then, both under the folder's lock, so that file and process see changes in the same order.
 */
export class HaproxyGateway implements Gateway {
  private readonly spec: GatewayContainerSpec;
  private readonly files: GatewayFiles;
  /** Servers and everything that follows from them. Whoever needs both locks takes this one first. */
  private readonly lock: FolderLock;
  /** Routes alone: a switch never waits until somebody else's servers are written. */
  private readonly routesLock: FolderLock;
  private readonly declaration: Declaration;
  private readonly api: RuntimeApi;
  private readonly process: GatewayProcess;
  private readonly routes: RuntimeMap;
  private readonly maps: LaneMaps;
  private readonly users: UserLists;
  private readonly names: InsideNames;
  private readonly servers: LaneServers;

  constructor(private readonly options: HaproxyGatewayOptions) {
    this.spec = containerSpecOf(options);
    this.files = new GatewayFiles(options.folder);
    this.declaration = new Declaration(this.files, options.slots);
    this.lock = new FolderLock(options.folder);
    this.routesLock = new FolderLock(options.folder, { part: 'routes' });
    this.api = new RuntimeApi(options.folder, this.spec.name);
    this.process = new GatewayProcess(options.folder, this.spec.name, options.docker, this.files, this.api);
    this.routes = new RuntimeMap(this.api, INSIDE.routes);
    this.maps = new LaneMaps(this.api);
    this.users = new UserLists(this.api, this.files);
    const namesLock = new FolderLock(options.folder, { part: 'names' });
    this.names = new InsideNames(this.api, this.files, namesLock, options.networks);
    this.servers = new LaneServers(this.api);
  }

  async start(): Promise<GatewayAddress> {
    await this.files.create();
    return this.lock.hold(async () => {
      await this.declaration.write(await this.declaration.read());
      await this.routesLock.hold(async () => {
        await this.files.writeRoutes(await this.files.readRoutes());
        await this.users.ensureFile();
      });
      await this.names.ensureFiles();
      // Its container is made in this network.
      await this.options.networks.common();
      const wasRunning = await this.options.docker.running(this.spec.name);
      await this.options.docker.ensure(this.spec);
      await this.process.untilAnswering();
      if (wasRunning) await this.renew(() => this.reload());
      await this.names.mend([]);
      return this.options.listen;
    });
  }

  async address(): Promise<GatewayAddress | undefined> {
    return (await this.api.answers()) ? this.options.listen : undefined;
  }

  async route(route: Route): Promise<void> {
    checkRoute(route);
    if (route.slot >= this.declaration.knownSlots) await this.lock.hold(() => this.ensureSlot(route.slot));
    await this.routesLock.hold(async () => {
      const routes = await this.files.readRoutes();
      const next = follow(routes.get(route.host), route);
      // Traffic first: a flush to a busy disk can take longer than everything else of a rollback together. Whoever asked
      // is answered only when the file has it, too; a gateway that dies in between is mended from SQL.
      await this.routes.set(route.host, formatRoute(next.route));
      if (next.isNew) await this.files.writeRoutes(routes.set(route.host, next.route));
    });
  }

  async readRoute(host: string): Promise<Route | undefined> {
    checkHost(host);
    const line = await this.routes.get(host);
    return line === undefined ? undefined : parseRoute(host, line);
  }

  async removeRoute(host: string): Promise<void> {
    checkHost(host);
    await this.routesLock.hold(async () => {
      const routes = await this.files.readRoutes();
      if (routes.delete(host)) await this.files.writeRoutes(routes);
      await this.routes.delete(host);
    });
  }

  async keepNames(names: readonly InsideName[]): Promise<void> {
    names.forEach(checkInsideName);
    await this.names.keep(names);
  }

  async keepUsers(list: UserList): Promise<void> {
    checkUsers(list);
    await this.routesLock.hold(() => this.users.keep(list));
  }

  async closeSessions(slot: number, lane: Lane): Promise<void> {
    checkSlot(slot);
    await this.routesLock.hold(async () => {
      const routes = [...(await this.files.readRoutes()).values()];
      const isMet = routes.some((route) => route.slot === slot && (route.stable === lane || route.gray === lane));
      if (!isMet) await this.servers.shutSessions(backendName(slot, lane));
    });
  }

  async prepareServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
    if (servers.length > 0) await this.makeKnown(slot, lane, servers);
  }

  async addServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void> {
    checkSlot(slot);
    servers.forEach(checkServer);
    if (servers.length === 0) return;
    const backend = backendName(slot, lane);
    const names = servers.map((server) => server.name);
    const added = await this.makeKnown(slot, lane, servers);
    const healthyMs = this.options.healthyMs ?? HEALTHY_MS;
    const ill = await this.servers.waitHealthy(backend, names, healthyMs);
    if (ill.length > 0) {
      await this.removeServers(slot, lane, added, 0);
      throw new ServersNotHealthyError(backend, ill, healthyMs);
    }
    await Promise.all(names.map((name) => this.servers.ready(backend, name)));
  }

  async removeServers(slot: number, lane: Lane, names: readonly string[], drainMs: number): Promise<void> {
    checkSlot(slot);
    const backend = backendName(slot, lane);
    await this.lock.hold(() => this.declaration.remove(backend, names));
    await Promise.all(names.map((name) => this.drainAndDelete(backend, name, drainMs)));
  }

  async listServers(slot: number, only?: Lane): Promise<{ lane: Lane; name: string; sessions: number; up: boolean }[]> {
    checkSlot(slot);
    const asked = only === undefined ? LANES : [only];
    const lanes = new Map(asked.map((lane) => [backendName(slot, lane), lane]));
    const traffic = await this.servers.traffic(...lanes.keys());
    return traffic.flatMap(({ backend, name, sessions, up }) => {
      const lane = lanes.get(backend);
      return lane === undefined ? [] : [{ lane, name, sessions, up }];
    });
  }

  async converge(desired: () => Promise<GatewayRecords>): Promise<string[]> {
    const told: string[] = [];
    if (!(await this.api.answers())) {
      await this.start();
      told.push('the gateway did not answer; it was started');
    }
    let names: readonly InsideName[] = [];
    const drift = await this.lock.hold(() =>
      this.routesLock.hold(async () => {
        const records = await desired();
        names = records.names;
        return this.mend(records);
      }),
    );
    told.push(...(await this.names.mend(names)));
    const extras = drift.extraServers;
    await Promise.all(extras.map(({ backend, name }) => this.drainAndDelete(backend, name, CONVERGE_DRAIN_MS)));
    return [...told, ...drift.sentences];
  }

  counters(): Promise<LaneCounters[]> {
    return readCounters(this.api);
  }

  watch(slot: number, onSample: (sample: RequestSample) => void, signal: AbortSignal): Promise<void> {
    checkSlot(slot);
    return watchSamples(this.api, slot, onSample, signal);
  }

  async remove(): Promise<void> {
    await this.files.create();
    await this.lock.hold(() =>
      this.routesLock.hold(async () => {
        await this.options.docker.remove(this.spec.name);
        await this.files.removeAll();
      }),
    );
  }

  /** Reloads a gateway that runs a configuration of an older Gantry, or an older one that a crash left in force. */
  private async renew(reload: () => Promise<void>): Promise<void> {
    if ((await this.api.recipe()) !== recipeOf(await this.declaration.read())) await reload();
  }

  /** Makes more slots when this one is not declared yet: the only change that needs a reload. */
  private async ensureSlot(slot: number, reload = () => this.reload()): Promise<void> {
    const declared = await this.declaration.read();
    if (slot < declared.slots) return;
    await this.declaration.write({ ...declared, slots: slotsFor(slot) });
    await reload();
  }

  private reload(): Promise<void> {
    return this.routesLock.hold(() => this.process.reload());
  }

  /** Writes servers down, then tells the process. Returns the names that got no requests before. */
  private makeKnown(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<string[]> {
    const backend = backendName(slot, lane);
    return this.lock.hold(async () => {
      await this.ensureSlot(slot);
      const { slots, backends } = await this.declaration.add(backend, servers);
      await this.maps.tell({ slots, backends: { [backend]: backends[backend] ?? [] } });
      return this.servers.prepareMissing(backend, servers);
    });
  }

  private async drainAndDelete(backend: string, name: string, drainMs: number): Promise<void> {
    await this.servers.drain(backend, name, drainMs);
    await this.lock.hold(async () => {
      // Someone may have added it again while it drained; the files say so, and then it stays.
      if (await this.declaration.has(backend, name)) return;
      await this.servers.delete(backend, name);
      await this.maps.forget(backend, name);
    });
  }

  private async mend({ slots: desired, users, starting }: GatewayRecords): Promise<Drift> {
    users.forEach(checkUsers);
    for (const slot of desired) {
      checkRoute(slot.route);
      for (const lane of LANES) slot.lanes[lane].forEach(checkServer);
    }
    const highest = Math.max(-1, ...desired.map((slot) => slot.route.slot));
    if (highest >= 0) await this.ensureSlot(highest, () => this.process.reload());
    const running = { routes: await this.routes.entries(), servers: await this.servers.list() };
    const drift = findDrift(
      { slots: desired, starting },
      await this.files.readRoutes(),
      await this.declaration.read(),
      running,
    );
    await this.files.writeRoutes(drift.desired.routes);
    await this.declaration.write(drift.desired.servers);
    await this.users.ensureFile();
    await this.names.ensureFiles();
    await this.renew(() => this.process.reload());
    const lists = await this.users.mend(users);
    for (const [host, line] of drift.lines) await this.routes.set(host, line);
    for (const host of drift.extraHosts) await this.routes.delete(host);
    await lists.forgetOthers(new Set([...drift.desired.routes.values()].flatMap(listsOf)));
    const lost = await this.maps.tell(drift.desired.servers);
    await Promise.all(
      drift.missing.map(({ backend, servers }) => this.servers.mend(backend, servers, CONVERGE_HEALTHY_MS)),
    );
    const sessions = lost === 0 ? [] : [`sessions on ${lost} servers would have led nowhere: they lead there again`];
    return { ...drift, sentences: [...drift.sentences, ...lists.sentences, ...sessions] };
  }
}
