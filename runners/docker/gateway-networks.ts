import type { GatewayNetworks } from '../gateway/containers';
import { type DockerClient, ignoring, renamed, renamedError, statusOf } from './client';
import { ensureNetwork, ensureStageNetwork, stageNetworks } from './networks';

export interface GatewayNetworksOptions {
  installation: string;
  /** The network that the gateway shares with all instances; the names of the others begin with its name. */
  network: string;
  /** The gateway's container. */
  container: string;
}

/** The gateway in the networks of the stages, on a Docker Engine. */
export class DockerGatewayNetworks implements GatewayNetworks {
  constructor(
    private readonly client: DockerClient,
    private readonly options: GatewayNetworksOptions,
  ) {}

  async common(): Promise<{ subnet: string; host: string }> {
    const { subnet, first } = await ensureNetwork(this.client, this.options.network, this.options.installation);
    return { subnet, host: first };
  }

  async join(stage: string, names: readonly string[]): Promise<{ subnets: string[]; changed: boolean }> {
    const joined: { subnet: string; changed: boolean }[] = [];
    // One after the other: names that are known stay so all the time.
    for (const network of stageNetworks(this.options.network, stage)) joined.push(await this.joinOne(network, names));
    return { subnets: joined.map(({ subnet }) => subnet), changed: joined.some(({ changed }) => changed) };
  }

  private async joinOne(network: string, names: readonly string[]): Promise<{ subnet: string; changed: boolean }> {
    const { subnet, last } = await ensureStageNetwork(this.client, network, this.options.installation);
    const place = await this.placeIn(network, names);
    // A gateway that is not there yet joins when it is started.
    if (place === 'gone' || place === 'known') return { subnet, changed: false };
    if (place === 'lacks names') await this.leave(network);
    await this.enter(network, last, names);
    return { subnet, changed: true };
  }

  private async placeIn(
    network: string,
    names: readonly string[],
  ): Promise<'gone' | 'outside' | 'lacks names' | 'known'> {
    const container = this.client.calls.getContainer(this.options.container);
    const found = await this.ask(network, ignoring([404], container.inspect()));
    if (found === undefined) return 'gone';
    const here = found.NetworkSettings.Networks[network];
    if (here === undefined) return 'outside';
    const present: string[] = here.Aliases ?? [];
    return names.every((name) => present.includes(name)) ? 'known' : 'lacks names';
  }

  private async leave(network: string): Promise<void> {
    const left = this.client.calls.getNetwork(network).disconnect({ Container: this.options.container });
    await this.ask(network, ignoring([403, 404], left));
  }

  private async enter(network: string, address: string, names: readonly string[]): Promise<void> {
    const place = { Aliases: [...names], IPAMConfig: { IPv4Address: address } };
    const entered = { Container: this.options.container, EndpointConfig: place };
    try {
      await this.client.calls.getNetwork(network).connect(entered);
    } catch (error) {
      // Another runner may have just done it; but the address may also belong to somebody else.
      if (statusOf(error) === 403 && (await this.placeIn(network, names)) === 'known') return;
      throw renamedError(this.client, `put the gateway into the network ${network} at ${address}`, error);
    }
  }

  private ask<T>(network: string, call: Promise<T>): Promise<T> {
    return renamed(this.client, `put the gateway into the network ${network}`, call);
  }
}
