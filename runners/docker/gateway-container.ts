import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { GatewayContainerSpec, GatewayContainers } from '../gateway/containers';

const MEMORY_BYTES = 256 * 1024 * 1024;
/** Docker gives 1024 to whoever does not ask. */
const CPU_SHARES = 4 * 1024;
const OPEN_FILES = 16_384;

/** The gateway's container could not be made or started; the message says why and what to do. */
export class GatewayContainerError extends Error {
  override readonly name = 'GatewayContainerError';
}

/** Gateway containers on a Docker Engine. Only containers that carry our installation's label are ever changed. */
export class DockerGatewayContainers implements GatewayContainers {
  constructor(
    private readonly docker: Docker,
    private readonly installation: string,
  ) {}

  async ensure(spec: GatewayContainerSpec): Promise<void> {
    const options = createOptions(spec, this.installation);
    const present = await this.inspect(spec.name);
    if (present !== undefined && present.Config.Labels['gantry.spec'] === options.Labels['gantry.spec']) {
      if (!present.State.Running) await this.startContainer(spec);
      return;
    }
    if (present !== undefined) await this.remove(spec.name);
    await this.create(spec, options);
    await this.startContainer(spec);
  }

  async remove(name: string): Promise<void> {
    if ((await this.inspect(name)) === undefined) return;
    await ignoring(404, this.docker.getContainer(name).remove({ force: true, v: true }));
  }

  async running(name: string): Promise<boolean> {
    return (await this.inspect(name))?.State.Running === true;
  }

  async logs(name: string, lines: number): Promise<string> {
    const container = this.docker.getContainer(name);
    const output = await ignoring(404, container.logs({ stdout: true, stderr: true, tail: lines }));
    return output === undefined ? '' : withoutFrames(output);
  }

  /** The container of this name; undefined when there is none. Someone else's container is an error, not ours to use. */
  private async inspect(name: string): Promise<Docker.ContainerInspectInfo | undefined> {
    const info = await ignoring(404, this.docker.getContainer(name).inspect());
    if (info !== undefined && info.Config.Labels['gantry.installation'] !== this.installation) {
      throw new GatewayContainerError(
        `a container named ${name} exists that this installation did not make, so it is left alone. ` +
          `Rename or remove it ("docker rm ${name}") and start again.`,
      );
    }
    return info;
  }

  private async create(spec: GatewayContainerSpec, options: CreateOptions): Promise<void> {
    try {
      await this.docker.createContainer(options);
    } catch (error) {
      // Another runner was faster with the same name: its container is as good as ours.
      if (statusOf(error) === 409 && (await this.inspect(spec.name)) !== undefined) return;
      if (statusOf(error) === 404) {
        throw new GatewayContainerError(
          `the gateway cannot be created: ${messageOf(error)}. ` +
            `Build its image (${spec.image}) with "gantry bases build gateway"; it needs the network ${spec.network}, too.`,
        );
      }
      throw error;
    }
  }

  private async startContainer(spec: GatewayContainerSpec): Promise<void> {
    try {
      await ignoring(304, this.docker.getContainer(spec.name).start());
    } catch (error) {
      // A container that never ran would only stand in the way of the next attempt.
      await this.remove(spec.name);
      const { host, port } = spec.listen;
      if (/already allocated|already in use|bind for/i.test(messageOf(error))) {
        throw new GatewayContainerError(
          `the gateway cannot listen on ${host}:${port}: the port is in use. ` +
            `End what listens there ("ss -ltnp 'sport = :${port}'" names it), or choose another gateway port.`,
        );
      }
      throw new GatewayContainerError(`the gateway's container ${spec.name} did not start: ${messageOf(error)}`);
    }
  }
}

type CreateOptions = Docker.ContainerCreateOptions & { Labels: Record<string, string> };

/** The container as a value; its hash is a label, so that a changed recipe of ours replaces the container. */
function createOptions(spec: GatewayContainerSpec, installation: string): CreateOptions {
  const options: CreateOptions = {
    name: spec.name,
    Image: spec.image,
    User: spec.user,
    Labels: { 'gantry.installation': installation, 'gantry.role': 'gateway' },
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: {
      Mounts: [{ Type: 'bind', Source: spec.folder, Target: '/gantry' }],
      PortBindings: { '8080/tcp': [{ HostIp: spec.listen.host, HostPort: String(spec.listen.port) }] },
      RestartPolicy: { Name: 'unless-stopped' },
      NetworkMode: spec.network,
      Memory: MEMORY_BYTES,
      // Where processors are short, visitors go before builds: four times the share of any other container.
      CpuShares: CPU_SHARES,
      PidsLimit: 64,
      Ulimits: [{ Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES }],
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // It asks for names of its own network only; nobody outside shall hear of them.
      Dns: ['127.0.0.1'],
      DnsOptions: ['timeout:1', 'attempts:1'],
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    },
  };
  options.Labels['gantry.spec'] = createHash('sha256').update(JSON.stringify(options)).digest('hex').slice(0, 32);
  return options;
}

/** Docker mixes both outputs in one stream, each piece behind a header of 8 bytes that ends with its length. */
function withoutFrames(output: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= output.length; ) {
    const length = output.readUInt32BE(at + 4);
    pieces.push(output.subarray(at + 8, at + 8 + length).toString());
    at += 8 + length;
  }
  return pieces.join('');
}

/** The result, or undefined when Docker answers with this status (nothing there, or already so). */
async function ignoring<T>(status: number, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error) === status) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
