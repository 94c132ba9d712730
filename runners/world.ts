import type { Builder } from '../engine/ports/builder';
import type { Bytes } from '../engine/ports/bytes';
import type { Cluster } from '../engine/ports/cluster';
import type { Gateway } from '../engine/ports/gateway';
import type { Prober } from '../engine/ports/prober';
import type { Sources } from '../engine/ports/sources';

/** Everything that step kinds act on. Built once, in main.ts: real, or dummy. */
export interface World {
  installation: string;
  cluster: Cluster;
  builder: Builder;
  gateway: Gateway;
  sources: Sources;
  bytes: Bytes;
  prober: Prober;
  /** Where containers of ours reach the gateway; undefined where there is none (the dummy). */
  gatewayInside(): Promise<{ network: string; address: string; port: number } | undefined>;
}
