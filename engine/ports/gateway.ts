import type { IdentitySpec, ValueRule } from '../../pipelines/types';

/**
 * The gateway in front of one cluster's apps.
 *
 * The words: a *slot* belongs to one host name. A slot has three *lanes* (`a`, `b`, `c`), each holding the servers of
 * at most one release. The *route* of the host says which lane is stable, which is gray and which is kept warm, and how
 * much traffic meets gray. So a switch never touches servers: it is one new route.
 *
 * Contract:
 * - `start` comes first and may be repeated; every other call may then come in any order, from several runners at once.
 * - Every call that changes something resolves when the running process and the gateway's own files have it, so that a
 *   gateway which restarts alone serves the last state that was confirmed. Servers are written before they are told to
 *   the process; a route is told first, since people wait for it.
 * - `route` carries a version that only rises per host. An older one is refused with `StaleRouteError`; the same one
 *   again is a repetition and does nothing. So a late actor cannot undo a newer switch.
 * - A route may name lists of users. `keepUsers` comes before the route that names its list; a list never changes,
 *   another one has another name. `converge` forgets the lists that no slot needs.
 * - `addServers` and `removeServers` are safe to repeat. `removeServers` drains first: no request is cut before
 *   `drainMs` has passed. The caller never removes servers of a lane that the route names as stable.
 * - `converge` makes the whole gateway equal to what SQL says, and returns a sentence for each difference it mended.
 *   It asks for the desired state while it keeps other changes out, so that it never mends by an old picture.
 */
export interface Gateway {
  /** Makes sure that the gateway runs. Returns the address that clients use, for example `127.0.0.1:8080`. */
  start(): Promise<GatewayAddress>;
  /** Undefined when the gateway does not answer. */
  address(): Promise<GatewayAddress | undefined>;
  /** One map write: who is stable, gray and warm at this host, and the gray share. */
  route(route: Route): Promise<void>;
  /** The route that the running gateway follows for this host; undefined when it has none. */
  readRoute(host: string): Promise<Route | undefined>;
  removeRoute(host: string): Promise<void>;
  /**
   * Lets instances of a stage find environments of other apps in it as `http://APP.gantry`. Names are only added. An
   * instance meets the hosts of its own stage and no others.
   */
  keepNames(names: readonly InsideName[]): Promise<void>;
  /** Makes a list of users known to rules. Nothing when it is. */
  keepUsers(list: UserList): Promise<void>;
  /**
   * Makes servers known that still start: the gateway asks for their health from now on, so that `addServers`, which
   * follows when they are healthy, need not wait for its first look. They receive no requests until then. Nothing for
   * those that are there. `removeServers` takes them back.
   */
  prepareServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void>;
  /** Adds the servers to the lane (those already there stay); resolves when each may receive requests. */
  addServers(slot: number, lane: Lane, servers: readonly GatewayServer[]): Promise<void>;
  /** Drains the named servers, waits until they have no session left (at most `drainMs`), and removes them. */
  removeServers(slot: number, lane: Lane, names: readonly string[], drainMs: number): Promise<void>;
  /**
   * Ends what is still open in a lane: WebSockets, long answers. Nothing while a route names the lane as stable or gray.
   */
  closeSessions(slot: number, lane: Lane): Promise<void>;
  /** The servers of a slot, or of one of its lanes. */
  listServers(slot: number, lane?: Lane): Promise<{ lane: Lane; name: string; sessions: number; up: boolean }[]>;
  converge(desired: () => Promise<GatewayRecords>): Promise<string[]>;
  /** Counters since the gateway started, per slot and lane. */
  counters(): Promise<LaneCounters[]>;
  /**
   * Watches response times of one slot while its route has a gray lane. Samples arrive until `signal` aborts.
   * Sampling may drop requests under load; it never slows traffic.
   */
  watch(slot: number, onSample: (sample: RequestSample) => void, signal: AbortSignal): Promise<void>;
  /** Stops and removes the gateway of this installation. Nothing when there is none. */
  remove(): Promise<void>;
}

export const LANES = ['a', 'b', 'c'] as const;
export type Lane = (typeof LANES)[number];

export interface GatewayAddress {
  host: string;
  port: number;
}

export interface Route {
  host: string;
  slot: number;
  /** Rises with each switch of this host; the fence against late actors. */
  version: number;
  stable: Lane | null;
  gray: Lane | null;
  warm: Lane | null;
  /** Gray's part of the traffic, 0 to 10,000 (in 1/10,000). */
  share: number;
  /** Changes with each release that goes gray, so that not always the same users are first. */
  salt: string;
  /** Requests that meet gray whatever the share; any of them is enough. */
  rules: readonly GrayRule[];
  /** Value of the header `X-Gray` that leads to gray as well: the engine's own key. Empty: none. */
  key: string;
  /** How visitors are known by name; null: by a cookie of the gateway alone. */
  identity: IdentitySpec | null;
  /** Visitors whose session is on an instance of the warm lane still meet it. Only for a sticky route. */
  holds: boolean;
  /** Sticky to the instance (`serve.sticky`). Absent: as it was. */
  sticky?: boolean;
}

export type GrayRule = ValueRule | { kind: 'users'; list: string };

/** Users that a rule lets in, named by their own hash. */
export interface UserList {
  /** `[0-9a-f]{16}`. */
  id: string;
  names: readonly string[];
}

export interface GatewayServer {
  /** Unique in its slot: the instance's name. `[A-Za-z0-9_.-]`, at most 60 characters. */
  name: string;
  /** Address on the gateway's network. */
  address: string;
  port: number;
  /** Name that the cluster's own DNS resolves, so that the gateway finds it again after a restart. */
  dnsName: string;
  /** Path of the health check, for example `/health`. */
  healthPath: string;
}

/** Everything that one host should have; the unit of `converge`. */
export interface GatewaySlot {
  route: Route;
  lanes: Record<Lane, readonly GatewayServer[]>;
}

/** How instances of a stage find an environment. */
export interface InsideName {
  /** The name of the environment, the same for all apps: `test`, `production`. */
  stage: string;
  app: string;
  host: string;
}

/** The whole gateway as the records say it. */
export interface GatewayRecords {
  slots: readonly GatewaySlot[];
  users: readonly UserList[];
  names: readonly InsideName[];
  /** Names of instances that start: the gateway may have been prepared for them. */
  starting: readonly string[];
}

export interface LaneCounters {
  slot: number;
  lane: Lane;
  requests: number;
  errors5xx: number;
  /** Requests that ended without an answer of the app (connection refused, reset, time-out). */
  failed: number;
  sessions: number;
}

export interface RequestSample {
  lane: Lane;
  status: number;
  /** Milliseconds from the request being sent to the app until its answer began. */
  responseMs: number;
}

/** A switch older than the one in force. */
export class StaleRouteError extends Error {
  override readonly name = 'StaleRouteError';
  constructor(
    readonly host: string,
    readonly offered: number,
    readonly inForce: number,
  ) {
    super(`the gateway already follows version ${inForce} of ${host}; version ${offered} is older and was refused`);
  }
}
