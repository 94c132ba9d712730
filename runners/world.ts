import type { Anchors } from '../engine/ports/anchors';
import type { Belongings } from '../engine/ports/belongings';
import type { Builder } from '../engine/ports/builder';
import type { Bytes, LogFolders } from '../engine/ports/bytes';
import type { Cluster } from '../engine/ports/cluster';
import type { Gateway } from '../engine/ports/gateway';
import type { ClusterImages } from '../engine/ports/images';
import type { InstanceAccess } from '../engine/ports/instance-access';
import type { Prober } from '../engine/ports/prober';
import type { Sources } from '../engine/ports/sources';
import type { Bases } from './bases/lazy-bases';

/** Everything that step kinds act on. Built once, in main.ts: real, or dummy. */
export interface World {
  installation: string;
  bases: Bases;
  cluster: Cluster;
  builder: Builder;
  gateway: Gateway;
  sources: Sources;
  bytes: Bytes;
  /** Blobs of kept images. Apart from artifacts: what nothing names any more is collected here. */
  kept: Bytes;
  images: ClusterImages;
  /** What steps wrote, run by run: what is old is collected here. */
  logFolders: LogFolders;
  /** Everything on the cluster that carries this installation's label. */
  belongings: Belongings;
  prober: Prober;
  access: InstanceAccess;
  /** Where heads of the audit are anchored; left out where nobody watches it. */
  anchors?: Anchors;
  /** Where containers in the network of a stage reach the gateway; undefined where there is none (the dummy). */
  gatewayInside(stage: string): Promise<{ network: string; address: string; port: number } | undefined>;
}
