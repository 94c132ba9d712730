import { join } from 'node:path';
import { anchorFile } from '../engine/store/anchor-file';
import { fileLogFolders } from '../engine/store/log-folders';
import type { RunnerSettings } from '../settings';
import { baseOptions } from './bases/base-options';
import { lazyBases } from './bases/lazy-bases';
import { DockerBelongings } from './docker/belongings';
import { DockerBuilder } from './docker/builder';
import { connectDocker } from './docker/client';
import { DockerCluster } from './docker/cluster';
import { DockerImages } from './docker/images';
import { dockerAccess } from './docker/instance-access';
import { dummyAccess } from './dummy/access';
import { dummyBelongings } from './dummy/belongings';
import { DummyBuilder } from './dummy/builder';
import { DummyCluster } from './dummy/cluster';
import { DummyGateway } from './dummy/gateway';
import { DummyImages } from './dummy/images';
import { fileJournal } from './dummy/journal';
import { dummyProber } from './dummy/prober';
import { gatewayInside, makeGateway, networkName } from './make-gateway';
import { httpProber } from './steps/http-prober';
import { gitSources } from './workspace/sources';
import type { World } from './world';

/** The place is chosen once, here: a real Docker, or the dummy. */
export function makeWorld(settings: RunnerSettings, installation: string, stores: Stores): World {
  const sources = gitSources(join(settings.home, 'git'));
  const make = settings.dummy ? dummyWorld : dockerWorld;
  return { ...make(settings, installation, stores, sources), anchors: anchorFile(settings.anchors) };
}

/** Artifacts, and blobs of kept images. */
type Stores = Pick<World, 'bytes' | 'kept'>;

function dummyWorld(
  settings: RunnerSettings,
  installation: string,
  { bytes, kept }: Stores,
  sources: World['sources'],
): World {
  const journal = fileJournal(join(settings.home, 'dummy', 'journal.jsonl'));
  const cluster = new DummyCluster({ bytes, journal });
  return {
    installation,
    bytes,
    kept,
    sources,
    bases: { ensure: async () => undefined },
    cluster,
    images: new DummyImages(cluster, kept),
    builder: new DummyBuilder({ bytes, journal }),
    gateway: new DummyGateway(undefined, journal),
    prober: dummyProber(),
    access: dummyAccess(cluster),
    belongings: dummyBelongings(cluster),
    logFolders: fileLogFolders(join(settings.home, 'logs')),
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
    belongings: new DockerBelongings({ docker: settings.docker, installation, network }),
    logFolders: fileLogFolders(join(settings.home, 'logs')),
    gatewayInside: (stage) => gatewayInside(settings, installation, stage),
  };
}
