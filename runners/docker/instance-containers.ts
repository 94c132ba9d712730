import type Docker from 'dockerode';
import type { InstanceSeen } from '../../engine/ports/cluster';
import { type DockerClient, ignoring, renamed } from './client';
import { INSTALLATION_LABEL, labelFilter, ROLE_LABEL } from './labels';
import { OutputDemultiplexer } from './output-lines';
import { instanceSeen } from './seen';

export type Inspected = Docker.ContainerInspectInfo;

/** The containers of one installation's instances, as Docker tells of them. */
export class InstanceContainers {
  /** @param options `installation`: 16 hex digits; `network`: of instances and gateway */
  constructor(
    readonly client: DockerClient,
    private readonly options: { installation: string; network: string },
  ) {}

  /** What stands at a name or id, whoever made it. */
  find(name: string): Promise<Inspected | undefined> {
    return this.ask(`look at ${name}`, ignoring([404], this.client.calls.getContainer(name).inspect()));
  }

  async findOurs(name: string): Promise<Inspected | undefined> {
    const info = await this.find(name);
    return info?.Config.Labels[INSTALLATION_LABEL] === this.options.installation ? info : undefined;
  }

  async list(): Promise<Inspected[]> {
    const filters = labelFilter(this.options.installation, { [ROLE_LABEL]: 'instance' });
    const listed = await this.ask('list containers', this.client.calls.listContainers({ all: true, filters }));
    const infos = await Promise.all(listed.map(({ Id }) => this.find(Id)));
    return infos.filter((info) => info !== undefined);
  }

  seen(info: Inspected): InstanceSeen {
    return instanceSeen(info, this.options.network);
  }

  /** The last lines of its output. */
  async lines(id: string, count: number): Promise<string[]> {
    const call = this.client.calls.getContainer(id).logs({ stdout: true, stderr: true, tail: count });
    const output = await this.ask('read the output of a container', ignoring([404, 409], call));
    const lines: string[] = [];
    if (output !== undefined) {
      const reader = new OutputDemultiplexer((line) => lines.push(line.toString()));
      reader.write(output);
      reader.end();
    }
    return lines.slice(-count);
  }

  ask<T>(doing: string, call: Promise<T>): Promise<T> {
    return renamed(this.client, doing, call);
  }
}
