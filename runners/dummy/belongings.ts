import type { Belonging, Belongings } from '../../engine/ports/belongings';
import type { Cluster, InstanceSeen } from '../../engine/ports/cluster';

/** What the dummy has: instances. Images and volumes are only told of there. */
export const dummyBelongings = (cluster: Pick<Cluster, 'listInstances' | 'removeInstance'>): Belongings => ({
  list: async (kinds) => (kinds.includes('container') ? (await cluster.listInstances()).map(toBelonging) : []),
  remove: async ({ name }) => {
    await cluster.removeInstance(name, 0);
    return undefined;
  },
});

const toBelonging = (seen: InstanceSeen): Belonging => ({
  ...{ kind: 'container', id: seen.id, name: seen.name, labels: seen.labels },
  ...{ madeAt: seen.startedAt ?? 0, bytes: 0, inUse: seen.running },
});
