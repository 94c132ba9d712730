import type Docker from 'dockerode';
import type { Bytes } from '../../engine/ports/bytes';
import type { Cluster, ClusterDescription, HealthCheck, InstanceSeen, InstanceSpec } from '../../engine/ports/cluster';
import { connectDocker, type DockerClient, ignoring, statusOf } from './client';
import { RESTART_ALWAYS } from './container-options';
import { describeEngine } from './description';
import { type Inspected, InstanceContainers } from './instance-containers';
import { InstanceHealth } from './instance-health';
import { InstanceStart } from './instance-start';
import { ensureStageNetwork, stageNetworks } from './networks';
import { removeContainer } from './removal';
import { neverRan } from './seen';
import { Turns } from './turns';

export interface DockerClusterOptions {
  /** Where the engine is: socket path or host and port. */
  docker: Docker.DockerOptions;
  /** 16 hex digits; the label that everything of ours carries. */
  installation: string;
  bytes: Bytes;
  /** The network of instances and gateway, `gantry-<8>`; made on demand. */
  network: string;
  /** Name for people; default `local`. */
  name?: string;
}

/** Instances as containers of one Docker Engine, on one bridge network with the gateway. */
export class DockerCluster implements Cluster {
  readonly name: string;
  private readonly client: DockerClient;
  private readonly containers: InstanceContainers;
  private readonly start: InstanceStart;
  private readonly health: InstanceHealth;
  private readonly turns = new Turns();

  constructor(private readonly options: DockerClusterOptions) {
    this.name = options.name ?? 'local';
    this.client = connectDocker(options.docker);
    this.containers = new InstanceContainers(this.client, options);
    this.start = new InstanceStart(this.containers, { ...options, cluster: this.name });
    this.health = new InstanceHealth(this.containers);
  }

  describe(): Promise<ClusterDescription> {
    return describeEngine(this.client);
  }

  startInstance(spec: InstanceSpec): Promise<InstanceSeen> {
    return this.turns.take(spec.name, () => this.start.startOrAdopt(spec));
  }

  async findInstance(name: string): Promise<InstanceSeen | undefined> {
    const info = await this.containers.findOurs(name);
    return info === undefined ? undefined : this.containers.seen(info);
  }

  async listInstances(): Promise<InstanceSeen[]> {
    return (await this.containers.list()).map((info) => this.containers.seen(info));
  }

  async removeInstance(name: string, graceMs: number): Promise<void> {
    const info = await this.containers.findOurs(name);
    if (info !== undefined) await removeContainer(this.client, info.Id, neverRan(info) ? 0 : graceMs);
  }

  async lastLines(name: string, count: number): Promise<string[]> {
    const info = await this.containers.findOurs(name);
    return info === undefined ? [] : this.containers.lines(info.Id, count);
  }

  async hasImage(imageId: string): Promise<boolean> {
    const call = ignoring([404], this.client.calls.getImage(imageId).inspect());
    return (await this.containers.ask(`look for the image ${imageId}`, call)) !== undefined;
  }

  async joinStage(name: string, stage: string): Promise<void> {
    await this.join(name, stageNetworks(this.options.network, stage)[0]);
  }

  waitHealthy(name: string, health: HealthCheck, signal: AbortSignal, onLine: (line: string) => void): Promise<void> {
    return this.health.wait(name, health, signal, onLine);
  }

  async keepRunning(name: string, stage: string): Promise<void> {
    const info = await this.containers.findOurs(name);
    if (info === undefined) return;
    await Promise.all([this.comeBack(info, name), this.join(name, stageNetworks(this.options.network, stage)[1])]);
  }

  /** An update of what is set already costs a write of the container's file, so it is left out. */
  private async comeBack(info: Inspected, name: string): Promise<void> {
    if (info.HostConfig.RestartPolicy?.Name === RESTART_ALWAYS.RestartPolicy.Name) return;
    const update = ignoring([404], this.client.calls.getContainer(info.Id).update(RESTART_ALWAYS));
    await this.containers.ask(`set the restart policy of ${name}`, update);
  }

  /** Asks first whether the network is there only when it is not: the first request waits for this. */
  private async join(name: string, network: string): Promise<void> {
    const connect = async (): Promise<'in' | 'absent'> => {
      try {
        await this.client.calls.getNetwork(network).connect({ Container: name });
      } catch (error) {
        if (statusOf(error) === 404) return 'absent';
        if (statusOf(error) !== 403) throw error; // 403: it is in there already
      }
      return 'in';
    };
    const doing = `put ${name} into the network ${network}`;
    if ((await this.containers.ask(doing, connect())) === 'in') return;
    await ensureStageNetwork(this.client, network, this.options.installation);
    // Absent again, it is the instance that was removed, which whoever waits for its health says better.
    await this.containers.ask(doing, connect());
  }
}
