import { join } from 'node:path';
import { shortInstallation } from '../engine/model/installation';
import type { RunnerSettings } from '../settings';
import { connectDocker } from './docker/client';
import { DockerGatewayContainers } from './docker/gateway-container';
import { ensureNetwork } from './docker/networks';
import type { GatewayContainers } from './gateway/containers';
import { HaproxyGateway } from './gateway/haproxy-gateway';

export const networkName = (installation: string): string => `gantry-${shortInstallation(installation)}`;

/** The gateway of this installation on its Docker. */
export function makeGateway(settings: RunnerSettings, installation: string): HaproxyGateway {
  const client = connectDocker(settings.docker);
  const network = networkName(installation);
  const plain = new DockerGatewayContainers(client.calls, installation);
  // The gateway's container joins the network of the instances, which must be there first.
  const containers: GatewayContainers = {
    ensure: async (spec) => {
      await ensureNetwork(client, network, installation);
      await plain.ensure(spec);
    },
    remove: (name) => plain.remove(name),
    running: (name) => plain.running(name),
    logs: (name, lines) => plain.logs(name, lines),
  };
  return new HaproxyGateway({
    installation,
    folder: join(settings.home, 'gateway', 'local'),
    listen: settings.gateway,
    network,
    docker: containers,
  });
}
