import http from 'node:http';
import type { DockerAddress } from '../../settings';
import { fileInTar } from './tar-file';

/** A container as Docker lists it. */
export interface ListedContainer {
  Id: string;
  Names: string[];
  Image: string;
  ImageID: string;
  State: string;
  Labels: Record<string, string>;
}

export interface InspectedContainer {
  Id: string;
  /** Image ID, `sha256:…`. */
  Image: string;
  Name: string;
  RestartCount: number;
  State: { Running: boolean; Pid: number; StartedAt: string };
  HostConfig: { RestartPolicy: { Name: string }; Privileged: boolean; CapDrop: string[] | null };
}

export interface ListedImage {
  Id: string;
  RepoTags: string[] | null;
  Labels: Record<string, string> | null;
}

export interface ListedNetwork {
  Id: string;
  Name: string;
  Labels: Record<string, string> | null;
}

export interface ListedVolume {
  Name: string;
  Labels: Record<string, string> | null;
}

const ANSWER_MS = 30_000;
const PING_MS = 3_000;

/**
 * What Docker itself says, by its own HTTP API: a witness that shares no code with the runners. It reads only.
 */
export class DockerState {
  constructor(private readonly address: DockerAddress) {}

  /** Docker's version; undefined when nothing answers. */
  async version(): Promise<string | undefined> {
    try {
      const answer = JSON.parse((await this.read('/version', PING_MS)).toString('utf8')) as { Version?: string };
      return answer.Version;
    } catch {
      // That nothing answers is the answer to this question.
      return undefined;
    }
  }

  /** All containers, also those that do not run; with labels: only those that carry them. */
  containers(labels: Record<string, string> = {}): Promise<ListedContainer[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const filters = encodeURIComponent(JSON.stringify({ label }));
    return this.json(`/containers/json?all=1&filters=${filters}`);
  }

  container(id: string): Promise<InspectedContainer> {
    return this.json(`/containers/${encodeURIComponent(id)}/json`);
  }

  images(): Promise<ListedImage[]> {
    return this.json('/images/json');
  }

  image(id: string): Promise<{ Id: string; RootFS: { Layers: string[] } }> {
    return this.json(`/images/${encodeURIComponent(id)}/json`);
  }

  networks(): Promise<ListedNetwork[]> {
    return this.json('/networks');
  }

  async volumes(): Promise<ListedVolume[]> {
    return (await this.json<{ Volumes: ListedVolume[] | null }>('/volumes')).Volumes ?? [];
  }

  /** A file inside a container, running or not. */
  async file(container: string, path: string): Promise<Buffer> {
    const query = `path=${encodeURIComponent(path)}`;
    return fileInTar(await this.read(`/containers/${encodeURIComponent(container)}/archive?${query}`));
  }

  private async json<T>(path: string): Promise<T> {
    return JSON.parse((await this.read(path)).toString('utf8')) as T;
  }

  private read(path: string, limitMs = ANSWER_MS): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const asked = http.get({ ...this.address, path, agent: false, timeout: limitMs }, (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(pieces);
          if (response.statusCode === 200) resolve(body);
          else
            reject(new Error(`Docker answered ${response.statusCode} to GET ${path}: ${body.toString('utf8').trim()}`));
        });
      });
      asked.on('timeout', () => asked.destroy(new Error(`Docker did not answer GET ${path} within ${limitMs} ms`)));
      asked.on('error', reject);
    });
  }
}
