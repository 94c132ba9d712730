import type Docker from 'dockerode';
import { hashOf, sha256 } from '../../engine/model/hash';
import { type DockerClient, ignoring, renamed } from './client';
import { OPTIONS_LABEL } from './labels';

/** What Docker's bridge driver is told. */
export type NetworkOptions = Readonly<Record<string, string>>;

/** Written on a network; none for one without options. */
export const optionsLabel = (options: NetworkOptions): string | undefined =>
  Object.keys(options).length === 0 ? undefined : hashOf({ ...options }).slice(0, 16);

export const hasOptions = ({ Labels }: Docker.NetworkInspectInfo, options: NetworkOptions): boolean =>
  Labels?.[OPTIONS_LABEL] === optionsLabel(options);

/**
 * Of a network whose containers do not reach each other: commands of different apps have nothing to say to one another.
 * Its bridge has a name of its own, so that a firewall can name it.
 */
export const apart = (network: string): NetworkOptions => ({
  'com.docker.network.bridge.enable_icc': 'false',
  'com.docker.network.bridge.name': bridgeOf(network),
});

/** A kernel's names of interfaces have 15 signs at most. */
export const bridgeOf = (network: string): string => `gantry-${sha256(network).slice(0, 8)}`;

/** The interface of Docker's machine that this network is, as Docker tells; undefined while there is no such network. */
export async function bridgeThere(client: DockerClient, network: string): Promise<string | undefined> {
  const doing = `look for the network ${network}`;
  const info = await renamed(client, doing, ignoring([404], client.calls.getNetwork(network).inspect()));
  return info && (info.Options?.['com.docker.network.bridge.name'] ?? `br-${info.Id.slice(0, 12)}`);
}
