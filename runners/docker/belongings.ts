import type Docker from 'dockerode';
import type { Belonging, Belongings } from '../../engine/ports/belongings';
import { connectDocker, type DockerClient, ignoring, reasonOf, renamed, wasThere } from './client';
import { ImageNames } from './image-names';
import { INSTALLATION_LABEL, labelFilter, readLabels } from './labels';
import { stageOfNetwork } from './networks';
import { removeContainer } from './removal';

export interface DockerBelongingsOptions {
  docker: Docker.DockerOptions;
  /** 16 hex digits; the label that everything of ours carries. */
  installation: string;
  /** The installation's network, `gantry-<8>`: stem of the names of everything else. */
  network: string;
}

/** How long a container that nothing leads to any more may take to end. */
const GRACE_MS = 10_000;

/** What one installation has on a Docker Engine. */
export class DockerBelongings implements Belongings {
  private readonly client: DockerClient;
  private readonly names: ImageNames;

  constructor(private readonly options: DockerBelongingsOptions) {
    if (options.installation === '') throw new Error('an installation without a name owns nothing');
    this.client = connectDocker(options.docker);
    this.names = new ImageNames(options.network);
  }

  async list(kinds: readonly Belonging['kind'][]): Promise<Belonging[]> {
    const listed = await Promise.all([
      kinds.includes('container') ? this.containers() : [],
      kinds.includes('network') ? this.networks() : [],
      kinds.includes('volume') ? this.volumes() : [],
      kinds.includes('image') ? this.images() : [],
    ]);
    return listed.flat();
  }

  /** What was listed a while ago may belong to somebody else by now: its label is looked at again. */
  async remove(one: Belonging): Promise<string | undefined> {
    try {
      if (one.kind === 'image') return await this.removeImage(one.id);
      if (!(await this.isOurs(one))) return undefined;
      if (one.kind === 'container') await removeContainer(this.client, one.id, GRACE_MS);
      if (one.kind === 'network') await ignoring([404], this.client.calls.getNetwork(one.id).remove());
      if (one.kind === 'volume') await ignoring([404], this.client.calls.getVolume(one.id).remove());
      return undefined;
    } catch (error) {
      if (!wasThere(error)) throw error;
      return reasonOf(error);
    }
  }

  private async containers(): Promise<Belonging[]> {
    const { filters } = this;
    const listed = await this.ask('list containers', this.client.calls.listContainers({ all: true, filters }));
    return listed.map(({ Id, Names, Labels, Created, State }) => {
      const labels = readLabels(Labels);
      const name = (Names[0] ?? Id).replace(/^\//, '');
      const of = { kind: 'container' as const, id: Id, name, labels, madeAt: Created * 1_000, bytes: 0 };
      return { ...of, inUse: State === 'running', lasting: labels.role === 'gateway' };
    });
  }

  /** A list does not tell who is in a network. */
  private async networks(): Promise<Belonging[]> {
    const { network: common } = this.options;
    const { filters } = this;
    const listed = await this.ask('list networks', this.client.calls.listNetworks({ filters }));
    const found = listed.map(async ({ Id, Name, Labels = {}, Created }): Promise<Belonging[]> => {
      const look = ignoring([404], this.client.calls.getNetwork(Id).inspect());
      const info: Docker.NetworkInspectInfo | undefined = await this.ask('look at a network', look);
      if (info === undefined) return [];
      const stage = stageOfNetwork(common, Name);
      const inUse = Object.keys(info.Containers ?? {}).length > 0;
      const of = { kind: 'network' as const, id: Id, name: Name, labels: readLabels(Labels), bytes: 0, inUse };
      const lasting = Name === common || Name === `${common}-build`;
      return [{ ...of, madeAt: Date.parse(Created), lasting, ...(stage === undefined ? {} : { stage }) }];
    });
    return (await Promise.all(found)).flat();
  }

  private async volumes(): Promise<Belonging[]> {
    const { filters } = this;
    const { Volumes } = await this.ask('list volumes', this.client.calls.listVolumes({ filters }));
    const used = await this.usedVolumes();
    return (Volumes ?? []).map((volume) => {
      const madeAt = Date.parse((volume as { CreatedAt?: string }).CreatedAt ?? '') || 0;
      const of = {
        kind: 'volume' as const,
        id: volume.Name,
        name: volume.Name,
        labels: readLabels(volume.Labels ?? {}),
      };
      return { ...of, madeAt, bytes: volume.UsageData?.Size ?? 0, inUse: used.has(volume.Name) };
    });
  }

  private async usedVolumes(): Promise<Set<string>> {
    const listed = await this.ask('list containers', this.client.calls.listContainers({ all: true }));
    return new Set(listed.flatMap(({ Mounts }) => Mounts.map(({ Name }) => Name ?? '')));
  }

  /** By our label, and by our names: a base that was named for a build is not ours, but that name is. */
  private async images(): Promise<Belonging[]> {
    const named = JSON.stringify({ reference: [`${this.options.network}/*`] });
    const [labelled, byName, containers] = await Promise.all([
      this.ask('list images', this.client.calls.listImages({ filters: this.filters })),
      this.ask('list images', this.client.calls.listImages({ filters: named })),
      this.ask('list containers', this.client.calls.listContainers({ all: true })),
    ]);
    const used = new Set(containers.map(({ ImageID }) => ImageID));
    const all = [...new Map([...labelled, ...byName].map((image) => [image.Id, image])).values()];
    const found = all.map(async ({ Id, Size, RepoTags, Labels }): Promise<Belonging[]> => {
      const info = await this.inspectImage(Id);
      if (info === undefined) return [];
      const name = (RepoTags ?? []).find((tag) => this.names.isOurs(tag)) ?? Id;
      const of = { kind: 'image' as const, id: Id, name, labels: readLabels(Labels ?? {}) };
      return [{ ...of, madeAt: namedAt(info), bytes: this.isOnlyOurs(info) ? Size : 0, inUse: used.has(Id) }];
    });
    return (await Promise.all(found)).flat();
  }

  /** First our names; the image itself, if it was built here and nobody else has a name for it. */
  private async removeImage(id: string): Promise<string | undefined> {
    const info = await this.inspectImage(id);
    if (info === undefined) return undefined;
    for (const name of (info.RepoTags ?? []).filter((tag) => this.names.isOurs(tag))) {
      await ignoring([404], this.client.calls.getImage(name).remove());
    }
    const left = await this.inspectImage(id);
    if (left === undefined || !this.isOnlyOurs(left)) return undefined;
    await ignoring([404], this.client.calls.getImage(id).remove());
    return undefined;
  }

  private isOnlyOurs({ Config, RepoTags }: Docker.ImageInspectInfo): boolean {
    const isOurs = Config.Labels?.[INSTALLATION_LABEL] === this.options.installation;
    return isOurs && (RepoTags ?? []).every((tag) => this.names.isOurs(tag));
  }

  private async isOurs({ kind, id }: Belonging): Promise<boolean> {
    const { calls } = this.client;
    const labels = async (): Promise<Record<string, string> | undefined> => {
      if (kind === 'container') return (await ignoring([404], calls.getContainer(id).inspect()))?.Config.Labels;
      if (kind === 'network') return (await ignoring([404], calls.getNetwork(id).inspect()))?.Labels;
      return (await ignoring([404], calls.getVolume(id).inspect()))?.Labels;
    };
    return (await this.ask(`look at ${id}`, labels()))?.[INSTALLATION_LABEL] === this.options.installation;
  }

  private inspectImage(id: string): Promise<Docker.ImageInspectInfo | undefined> {
    return this.ask('look at an image', ignoring([404], this.client.calls.getImage(id).inspect()));
  }

  private get filters(): string {
    return labelFilter(this.options.installation);
  }

  private ask<T>(doing: string, call: Promise<T>): Promise<T> {
    return renamed(this.client, doing, call);
  }
}

/** The same content built again is the same image, as old as the first time: its newest name tells when that was. */
function namedAt(info: Docker.ImageInspectInfo): number {
  const named = Date.parse((info as { Metadata?: { LastTagTime?: string } }).Metadata?.LastTagTime ?? '') || 0;
  return Math.max(Date.parse(info.Created) || 0, named);
}
