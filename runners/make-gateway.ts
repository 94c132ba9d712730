import { join } from 'node:path';
import { shortInstallation } from '../engine/model/installation';
import type { RunnerSettings } from '../settings';
import { connectDocker } from './docker/client';
import { DockerGatewayContainers } from './docker/gateway-container';
import { DockerGatewayNetworks } from './docker/gateway-networks';
import { ensureStageNetwork, stageNetworks } from './docker/networks';
import { gatewayContainerName } from './gateway/gateway-options';
import { HaproxyGateway } from './gateway/haproxy-gateway';

export const networkName = (installation: string): string => `gantry-${shortInstallation(installation)}`;

/** The gateway of this installation on its Docker. */
export function makeGateway(settings: RunnerSettings, installation: string): HaproxyGateway {
  const client = connectDocker(settings.docker);
  const network = networkName(installation);
  return new HaproxyGateway({
    installation,
    folder: join(settings.home, 'gateway', 'local'),
    listen: settings.gateway,
    network,
    docker: new DockerGatewayContainers(client.calls, installation),
    networks: new DockerGatewayNetworks(client, {
      installation,
      network,
      container: gatewayContainerName(installation),
    }),
  });
}

/** Where HAProxy listens in its container for visitors. */
const PORT_INSIDE = 8080;

/** Where containers in the network of a stage reach the gateway. */
export async function gatewayInside(
  { docker }: RunnerSettings,
  installation: string,
  stage: string,
): Promise<{ network: string; address: string; port: number }> {
  const [network] = stageNetworks(networkName(installation), stage);
  const { last } = await ensureStageNetwork(connectDocker(docker), network, installation);
  return { network, address: last, port: PORT_INSIDE };
}
