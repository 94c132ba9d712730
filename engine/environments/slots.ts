import { usersIn } from '../gray/users';
import { listInstances } from '../instances/record';
import type { EngineParts } from '../parts';
import type { GatewayRecords, GatewaySlot, InsideName, Lane } from '../ports/gateway';
import { findRelease } from '../releases/find';
import { listsOf } from '../rollout/rules';
import { listEnvironments, routeOf } from './find';

/** Every environment of a cluster as instances of its stage find it. */
export async function insideNames(parts: EngineParts, cluster: string): Promise<InsideName[]> {
  const environments = (await listEnvironments(parts)).filter((environment) => environment.cluster === cluster);
  return environments.map(({ name: stage, app, host }) => ({ stage, app, host }));
}

/** The whole gateway as SQL says it must be: what `Gateway.converge` is given. */
export async function desiredSlots(parts: EngineParts, cluster: string): Promise<GatewayRecords> {
  const slots: GatewaySlot[] = [];
  for (const environment of await listEnvironments(parts)) {
    if (environment.cluster !== cluster) continue;
    const lanes: Record<Lane, GatewaySlot['lanes'][Lane]> = { a: [], b: [], c: [] };
    const instances = await listInstances(parts, { environmentId: environment.id });
    for (const instance of instances.filter((i) => i.state === 'serving' && i.address !== null)) {
      const { record } = await findRelease(parts, instance.release_id);
      const stage = Object.values(record.stages)[0];
      const lane = instance.lane as Lane;
      lanes[lane] = [
        ...lanes[lane],
        {
          name: instance.name,
          address: instance.address ?? '',
          port: instance.port,
          dnsName: instance.name,
          healthPath: stage?.serve.health.path ?? '/',
        },
      ];
    }
    slots.push({ route: routeOf(environment), lanes });
  }
  const lists = [...new Set(slots.flatMap(({ route }) => listsOf(route)))];
  const records = {
    slots,
    names: await insideNames(parts, cluster),
    users: await Promise.all(lists.map((list) => usersIn(parts, list))),
    starting: await namesOfStarting(parts, cluster),
  };
  await parts.store.settled();
  return records;
}

async function namesOfStarting(parts: EngineParts, cluster: string): Promise<string[]> {
  const instances = await listInstances(parts);
  return instances.filter((i) => i.cluster === cluster && i.state === 'starting').map(({ name }) => name);
}
