import { listInstances } from '../instances/record';
import type { EngineParts } from '../parts';
import type { GatewaySlot, Lane } from '../ports/gateway';
import { findRelease } from '../releases/find';
import { listEnvironments, routeOf } from './find';

/** The whole gateway as SQL says it must be: what `Gateway.converge` is given. */
export async function desiredSlots(parts: EngineParts, cluster: string): Promise<GatewaySlot[]> {
  const slots: GatewaySlot[] = [];
  for (const environment of await listEnvironments(parts)) {
    if (environment.cluster !== cluster) continue;
    const lanes: Record<Lane, GatewaySlot['lanes'][Lane]> = { a: [], b: [], c: [] };
    let sticky = false;
    const instances = await listInstances(parts, { environmentId: environment.id });
    for (const instance of instances.filter((i) => i.state === 'serving' && i.address !== null)) {
      const { record } = await findRelease(parts, instance.release_id);
      const stage = Object.values(record.stages)[0];
      sticky ||= stage?.serve.sticky ?? false;
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
    slots.push({ route: routeOf(environment), lanes, sticky });
  }
  return slots;
}
