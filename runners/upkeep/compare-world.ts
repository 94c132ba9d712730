import type { Engine } from '../../engine/engine';
import type { Environment } from '../../engine/environments/find';
import type { Instance } from '../../engine/instances/record';
import type { InstanceSeen } from '../../engine/ports/cluster';
import type { World } from '../world';

/** One point in which the records and the world say different things. */
export interface Difference {
  /** `instance`, `container`, `traffic`. */
  about: 'instance' | 'container' | 'traffic';
  /** A sentence for people. */
  says: string;
  /** Whether visitors would meet nothing if the records counted. */
  dangerous: boolean;
}

/** Looks at Docker and the gateway, and changes nothing. */
export async function compareWorld(engine: Engine, world: World): Promise<Difference[]> {
  const environments = await engine.environments.list();
  const recorded = await engine.instances.list();
  const seen = await world.cluster.listInstances();
  return [
    ...missing(environments, recorded, seen),
    ...unknown(recorded, seen),
    ...(await otherTraffic(environments, recorded, seen, world)),
  ];
}

const runs = (seen: readonly InstanceSeen[], name: string): boolean =>
  seen.some((instance) => instance.name === name && instance.running);

function missing(
  environments: readonly Environment[],
  recorded: readonly Instance[],
  seen: readonly InstanceSeen[],
): Difference[] {
  return recorded
    .filter(({ name, state }) => state === 'serving' && !runs(seen, name))
    .map(({ name, environment_id, lane }) => {
      const environment = environments.find(({ id }) => id === environment_id);
      const where = environment === undefined ? '' : ` of ${environment.app} in ${environment.name}`;
      return {
        about: 'instance',
        says: `${name}${where} serves by the records, and no such container runs`,
        dangerous: environment?.traffic.stable === lane,
      };
    });
}

function unknown(recorded: readonly Instance[], seen: readonly InstanceSeen[]): Difference[] {
  return seen
    .filter(({ name, running }) => running && !recorded.some((instance) => instance.name === name))
    .map(({ name, labels }) => ({
      about: 'container',
      says: `${name} (${labels.app}, release ${labels.release ?? 'unknown'}) runs, and the records do not know it`,
      dangerous: false,
    }));
}

async function otherTraffic(
  environments: readonly Environment[],
  recorded: readonly Instance[],
  seen: readonly InstanceSeen[],
  world: World,
): Promise<Difference[]> {
  if ((await world.gateway.address()) === undefined) {
    const served = environments.some(({ traffic }) => traffic.stable !== null);
    return served ? [{ about: 'traffic', says: 'the gateway does not answer', dangerous: false }] : [];
  }
  const differences: Difference[] = [];
  for (const { id, host, version, traffic } of environments) {
    const route = await world.gateway.readRoute(host);
    if (route === undefined || route.version === version) continue;
    const own = recorded.filter(({ environment_id, lane }) => environment_id === id && lane === traffic.stable);
    differences.push({
      about: 'traffic',
      says:
        `${host} follows version ${route.version} (lane ${route.stable ?? 'none'}), ` +
        `the records say version ${version} (lane ${traffic.stable ?? 'none'})`,
      dangerous: route.stable !== null && !own.some(({ name }) => runs(seen, name)),
    });
  }
  return differences;
}
