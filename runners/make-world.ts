import { join } from 'node:path';
import type { RunnerSettings } from '../settings';
import { baseOptions } from './bases/base-options';
import { lazyBases } from './bases/lazy-bases';
import { DockerBuilder } from './docker/builder';
import { connectDocker } from './docker/client';
import { DockerCluster } from './docker/cluster';
import { DockerImages } from './docker/images';
import { dockerAccess } from './docker/instance-access';
import { dummyAccess } from './dummy/access';
import { DummyBuilder } from './dummy/builder';
import { DummyCluster } from './dummy/cluster';
import { DummyGateway } from './dummy/gateway';
import { DummyImages } from './dummy/images';
import { dummyProber } from './dummy/prober';
import { gatewayInside, makeGateway, networkName } from './make-gateway';
import { httpProber } from './steps/http-prober';
import { gitSources } from './workspace/sources';
import type { World } from './world';

/** The place is chosen once, here: a real Docker, or the dummy. */
export function makeWorld(settings: RunnerSettings, installation: string, stores: Stores): World {
  const sources = gitSources(join(settings.home, 'git'));
  return settings.dummy
    ? dummyWorld(installation, stores, sources)
    : dockerWorld(settings, installation, stores, sources);
}

/** Artifacts, and blobs of kept images. */
type Stores = Pick<World, 'bytes' | 'kept'>;

function dummyWorld(installation: string, { bytes, kept }: Stores, sources: World['sources']): World {
  const cluster = new DummyCluster({ bytes });
  return {
    installation,
    bytes,
    kept,
    sources,
    bases: { ensure: async () => undefined },
    cluster,
    images: new DummyImages(cluster, kept),
    builder: new DummyBuilder({ bytes }),
    gateway: new DummyGateway(),
    prober: dummyProber(),
    access: dummyAccess(cluster),
    gatewayInside: async () => undefined,
  };
}

function dockerWorld(
  settings: RunnerSettings,
  installation: string,
  { bytes, kept }: Stores,
  sources: World['sources'],
): World {
  const network = networkName(installation);
  const gateway = makeGateway(settings, installation);
  const cluster = new DockerCluster({ docker: settings.docker, installation, bytes, network });
  return {
    installation,
    bytes,
    kept,
    sources,
    bases: lazyBases(baseOptions(settings)),
    cluster,
    images: new DockerImages({ docker: settings.docker, network, kept }),
    builder: new DockerBuilder({
      docker: settings.docker,
      installation,
      bytes,
      network,
      settings: settings.base.builds,
    }),
    gateway,
    prober: httpProber(gateway),
    access: dockerAccess(connectDocker(settings.docker), installation),
    gatewayInside: (stage) => gatewayInside(settings, installation, stage),
  };
}
