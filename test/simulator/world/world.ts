import { dummyBelongings } from '../../../runners/dummy/belongings';
import type { World } from '../../../runners/world';
import type { SimulatedWorld } from '../simulation';
import { SimulatedBuilder } from './builder';
import { SimulatedBytes } from './bytes';
import { SimulatedCluster } from './cluster';
import { SimulatedGateway } from './gateway';
import { SimulatedImages } from './images';
import { SimulatedQueue } from './queue';
import { WorldRecord } from './record';
import { SimulatedSources } from './sources';

/** The whole outside of one history. */
export function makeSimulatedWorld(now: () => number) {
  const record = new WorldRecord(now);
  const bytes = new SimulatedBytes(record, 'artifact-remove', now);
  const kept = new SimulatedBytes(record, 'blob-remove', now);
  const cluster = new SimulatedCluster(record, now, (digest) => bytes.isSound(digest));
  const gateway = new SimulatedGateway(record);
  gateway.isUp = (name) =>
    cluster.instances.get(name)?.running === true && cluster.instances.get(name)?.healthy === true;
  const sources = new SimulatedSources();
  const builder = new SimulatedBuilder(record, cluster, bytes);
  const world: World = {
    installation: '0123456789abcdef',
    bytes,
    kept,
    sources,
    cluster,
    gateway,
    images: new SimulatedImages(cluster, kept),
    bases: { ensure: async () => undefined },
    builder,
    prober: { get: async ({ host }) => ({ status: gateway.routes.has(host) ? 200 : 503, body: '' }) },
    access: {
      output: () => Promise.reject(new Error('nobody looks into instances here')),
      start: () => Promise.reject(new Error('nobody looks into instances here')),
      sweep: async () => undefined,
    },
    belongings: dummyBelongings(cluster),
    logFolders: { list: async function* () {}, remove: async () => undefined },
    gatewayInside: async () => undefined,
  };
  const queue = new SimulatedQueue();
  const seen: SimulatedWorld = {
    instances: cluster.instances,
    routes: gateway.routes,
    lanes: gateway.lanes,
    acts: record.acts,
    images: cluster.images,
    artifacts: bytes.kept,
    blobs: kept.kept,
    get rings() {
      return queue.hints;
    },
    get gatewayRuns() {
      return gateway.runs;
    },
  };
  return { record, bytes, kept, cluster, gateway, sources, builder, world, queue, seen };
}

export type Outside = ReturnType<typeof makeSimulatedWorld>;

/** Makes a fresh world equal to another one. */
export function copyWorld(from: Outside, to: Outside): void {
  to.record.acts.push(...from.record.acts);
  to.bytes.copy(from.bytes);
  to.kept.copy(from.kept);
  to.cluster.copy(from.cluster);
  to.gateway.copy(from.gateway);
  to.sources.copy(from.sources);
  to.builder.copy(from.builder);
  to.queue.hints = [...from.queue.hints];
}
