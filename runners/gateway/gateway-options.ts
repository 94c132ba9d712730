import type { GatewayContainerSpec, GatewayContainers, GatewayNetworks } from './containers';

export interface HaproxyGatewayOptions {
  /** Id of this installation; its first 8 characters are part of the container's name. */
  installation: string;
  /** Host folder of this gateway's files, for example `<home>/gateway/local`. Made when absent. */
  folder: string;
  /** Where clients reach it. */
  listen: { host: string; port: number };
  /** The apps' Docker network. */
  network: string;
  image?: string;
  /** Slots declared from the start. */
  slots?: number;
  docker: GatewayContainers;
  networks: GatewayNetworks;
  /** How long `addServers` waits for a server's health check, in milliseconds. */
  healthyMs?: number;
  /** `uid:gid` inside the container; the calling process by default, so that files and socket are its own. */
  user?: string;
}

/** Name of an installation's gateway container. */
export const gatewayContainerName = (installation: string): string => `gantry-${installation.slice(0, 8)}-gateway`;

export const containerSpecOf = (options: HaproxyGatewayOptions): GatewayContainerSpec => ({
  name: gatewayContainerName(options.installation),
  image: options.image ?? 'gantry/gateway',
  network: options.network,
  folder: options.folder,
  listen: options.listen,
  user: options.user ?? `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
});
