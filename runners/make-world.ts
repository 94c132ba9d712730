import { join } from 'node:path';
import type { Bytes } from '../engine/ports/bytes';
import type { RunnerSettings } from '../settings';
import { DockerBuilder } from './docker/builder';
import { DockerCluster } from './docker/cluster';
import { DummyBuilder } from './dummy/builder';
import { DummyCluster } from './dummy/cluster';
import { DummyGateway } from './dummy/gateway';
import { dummyProber } from './dummy/prober';
import { makeGateway, networkName } from './make-gateway';
import { httpProber } from './steps/http-prober';
import { gitSources } from './workspace/sources';
import type { World } from './world';

/** The place is chosen once, here: a real Docker, or the dummy. */
export function makeWorld(settings: RunnerSettings, installation: string, bytes: Bytes): World {
  const sources = gitSources(join(settings.home, 'git'));
  return settings.dummy
    ? dummyWorld(installation, bytes, sources)
    : dockerWorld(settings, installation, bytes, sources);
}

function dummyWorld(installation: string, bytes: Bytes, sources: World['sources']): World {
  return {
    installation,
    bytes,
    sources,
    cluster: new DummyCluster({ bytes }),
    builder: new DummyBuilder({ bytes }),
    gateway: new DummyGateway(),
    prober: dummyProber(),
    gatewayInside: async () => undefined,
  };
}

/** Where HAProxy listens in its container. */
const GATEWAY_PORT_INSIDE = 8080;

function dockerWorld(settings: RunnerSettings, installation: string, bytes: Bytes, sources: World['sources']): World {
  const network = networkName(installation);
  const gateway = makeGateway(settings, installation);
  const cluster = new DockerCluster({ docker: settings.docker, installation, bytes, network });
  return {
    installation,
    bytes,
    sources,
    cluster,
    builder: new DockerBuilder({
      docker: settings.docker,
      installation,
      bytes,
      network,
      settings: settings.base.builds,
    }),
    gateway,
    prober: httpProber(gateway),
    gatewayInside: async () => {
      const seen = await cluster.findInstance(`${network}-gateway`);
      return seen === undefined ? undefined : { network, address: seen.address, port: GATEWAY_PORT_INSIDE };
    },
  };
}
