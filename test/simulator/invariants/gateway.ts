import type { Lane, Route } from '../../../engine/ports/gateway';
import type { Traffic } from '../../../engine/rollout/traffic';
import { type Invariant, laneKey } from '../simulation';
import type { EnvironmentRow, Picture } from './picture';
import { always, atRest, firstOf, remembering } from './support';

/**
 * W2 and W4 look at the gateway as visitors meet it. A gateway that has lost its files serves nothing until it was
 * compared with SQL: that is the fault's doing, and V4 says when it is over.
 */
interface Served {
  /** Hosts that the gateway has forgotten and not been given again in full. */
  blind: Set<string>;
}

const served: Invariant = remembering(
  'W2',
  'who serves is never empty: stable has a server of the gateway whose instance is there',
  (): Served => ({ blind: new Set() }),
  (p, { blind }) => {
    const { command } = p.sim.journal.at(-1) ?? {};
    const hasForgotten = command?.do === 'gateway' && command.how === 'forgets';
    if (hasForgotten) for (const { host } of p.rows('environments').values()) blind.add(host);
    if (p.acts.some(({ kind }) => kind === 'converge')) blind.clear();
    return firstOf(p.sim.world.routes.values(), (route) => {
      if (route.stable === null || blind.has(route.host)) return undefined;
      const servers = serversOf(p, route, route.stable);
      if (servers.length === 0) return `${route.host} has nobody who serves`;
      const isThere = servers.some((name) => p.sim.world.instances.has(name));
      return isThere ? undefined : `${route.host} is served by ${servers.join()}, which are gone`;
    });
  },
);

const healthyFirst: Invariant = remembering(
  'W2b',
  'the gateway is given only instances that were healthy',
  () => ({ healthy: new Set<string>() }),
  (p, { healthy }) => {
    for (const { name, healthy: isHealthy } of p.sim.world.instances.values()) if (isHealthy) healthy.add(name);
    return firstOf(p.acts, ({ kind, detail }) => {
      const given = kind === 'servers-add' ? (detail?.names ?? []) : [];
      const sick = given.find((name) => !healthy.has(name) && p.sim.world.instances.has(name));
      return sick === undefined ? undefined : `${sick} was given to the gateway and never was healthy`;
    });
  },
);

/** Names of the servers of a lane. */
export const serversOf = (p: Picture, { slot }: Pick<Route, 'slot'>, lane: Lane): string[] => [
  ...(p.sim.world.lanes.get(laneKey(slot, lane))?.keys() ?? []),
];

const follows: Invariant = atRest('W5', 'at rest the gateway follows what was decided last', (p) =>
  firstOf(p.rows('environments').values(), (row) => {
    if (row.version === 0) return undefined;
    const route = p.sim.world.routes.get(row.host);
    if (route === undefined) return `${row.host} has no route`;
    if (route.version !== row.version) return `${row.host} follows version ${route.version}, SQL has ${row.version}`;
    return row.confirmed_version === row.version ? undefined : `version ${row.version} of ${row.host} is not confirmed`;
  }),
);

const confirmed: Invariant = remembering(
  'W5b',
  'SQL believes that the gateway follows only what the gateway was told',
  () => ({ told: new Map<string, number>() }),
  (p, { told }) => {
    const note = (host: string, version: number) => told.set(host, Math.max(told.get(host) ?? 0, version));
    for (const { kind, target, detail } of p.acts) {
      if (kind === 'route' && detail?.route !== undefined) note(target, detail.route.version);
    }
    for (const { host, version } of p.sim.world.routes.values()) note(host, version);
    const unseen = (host: string, version: number) =>
      version > (told.get(host) ?? 0)
        ? `version ${version} of ${host} is confirmed; the gateway was told ${told.get(host) ?? 'nothing'}`
        : undefined;
    const believed = firstOf(p.changesOf('environments'), ({ is }) =>
      is === undefined ? undefined : unseen(is.host, is.confirmed_version),
    );
    const done = firstOf(p.changesOf('effects'), (change) => {
      const { target = '', state, observation } = change.is ?? {};
      const app = p.atThatTime(change).run?.app_id;
      const row = [...p.rows('environments').values()].find((e) => e.app_id === app && target === `route ${e.name}`);
      if (row === undefined || state !== 'confirmed') return undefined;
      return unseen(row.host, (JSON.parse(observation ?? '{}') as { version?: number }).version ?? 0);
    });
    return believed ?? done;
  },
);

const faithful: Invariant = always('W10', 'the gateway follows nothing that SQL has not decided', (p) =>
  firstOf(p.sim.world.routes.values(), (route) => {
    const environment = p.environmentAt(route.host);
    if (environment === undefined) return `the gateway follows ${route.host}, which is no environment`;
    const traffic = p.trafficAt(environment.id, route.version);
    return traffic === undefined ? undecided(environment, route) : otherThan(route, traffic);
  }),
);

/** Versions above come from before a restore; the gateway refuses to go back. */
const undecided = ({ host, version }: EnvironmentRow, route: Route): string | undefined =>
  route.version > version ? `${host} follows version ${route.version}, SQL has ${version}` : undefined;

function otherThan(route: Route, traffic: Traffic): string | undefined {
  const words = (of: Route | Traffic) =>
    JSON.stringify([of.stable, of.gray, of.warm, of.share, of.salt, of.key, of.rules.length]);
  if (words(route) !== words(traffic)) {
    return `${route.host} follows ${words(route)} as version ${route.version}, SQL has ${words(traffic)}`;
  }
  return undefined;
}

export const gateway: readonly Invariant[] = [served, healthyFirst, follows, confirmed, faithful];
