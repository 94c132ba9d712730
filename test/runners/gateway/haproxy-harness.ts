import { mkdtemp, rm } from 'node:fs/promises';
import { type Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import type { GatewayServer } from '../../../engine/ports/gateway';
import { DockerGatewayContainers } from '../../../runners/docker/gateway-container';
import { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { testInstallation } from '../../support/docker-leftovers';

/**
 * A small app: says its name, answers with the status in the path `/status/500`, takes 100 ms for `/slow`, shows what
 * it received at `/headers`, and is healthy at `/health` only.
 */
const APP = `
const name = process.argv[1];
const server = require('node:http').createServer((request, response) => {
  const status = /^\\/status\\/(\\d+)/.exec(request.url);
  if (status) response.statusCode = Number(status[1]);
  if (request.url === '/missing') response.statusCode = 404;
  if (request.url === '/headers') return response.end(JSON.stringify(request.headers));
  const answer = () => response.end(name);
  if (request.url === '/slow') setTimeout(answer, 100);
  else answer();
});
server.keepAliveTimeout = 65000;
server.listen(3000);
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

export interface Answer {
  status: number;
  body: string;
  headers: IncomingHttpHeaders;
}

/** A gateway of its own with a network, a folder and app containers; `close` removes all of them. */
export class HaproxyHarness {
  readonly docker = new Docker();
  readonly installation = testInstallation();
  private readonly labels = { 'gantry.installation': this.installation };
  private readonly instances = new Map<string, Promise<GatewayServer>>();
  private network = '';
  private port = 0;
  folder = '';

  async open(): Promise<void> {
    // Longer than a socket's address may be, as data folders can be.
    this.folder = join(await mkdtemp(join(tmpdir(), 'gantry-gateway-')), 'deep'.repeat(25), 'local');
    this.network = `gantry-${this.installation}`;
    await this.docker.createNetwork({ Name: this.network, Labels: this.labels });
    this.port = await freePort();
  }

  gateway(slots = 64): HaproxyGateway {
    return new HaproxyGateway({
      installation: this.installation,
      folder: this.folder,
      listen: { host: '127.0.0.1', port: this.port },
      network: this.network,
      slots,
      healthyMs: 1_500,
      docker: new DockerGatewayContainers(this.docker, this.installation),
    });
  }

  get container(): string {
    return `gantry-${this.installation.slice(0, 8)}-gateway`;
  }

  instance(name: string): Promise<GatewayServer> {
    const present = this.instances.get(name);
    if (present !== undefined) return present;
    const made = this.startInstance(name);
    this.instances.set(name, made);
    return made;
  }

  async stopInstance(name: string): Promise<void> {
    const server = await this.instance(name);
    this.instances.delete(name);
    await this.docker.getContainer(server.dnsName).stop({ t: 5 });
    await this.docker.getContainer(server.dnsName).remove({ force: true });
  }

  /** One request on a connection of its own. Failures of the connection are thrown. */
  request(host: string, path = '/', headers: Record<string, string> = {}, agent?: Agent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port: this.port,
        path,
        headers: { host, ...headers },
        agent: agent ?? false,
      };
      const sent = httpRequest(options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, body, headers: response.headers });
        });
      });
      sent.on('error', reject);
      sent.setTimeout(5_000, () => sent.destroy(new Error('no answer within 5 s')));
      sent.end();
    });
  }

  /** Kills the gateway's first process as the kernel would, and waits until Docker has started it again. */
  async killGateway(): Promise<void> {
    const container = this.docker.getContainer(this.container);
    const before = await container.inspect();
    process.kill(before.State.Pid, 'SIGKILL');
    for (;;) {
      const { State, RestartCount } = await container.inspect();
      if (RestartCount > before.RestartCount && State.Running && !State.Restarting) return;
      await pause(10);
    }
  }

  /** Waits until a request is answered like this; a gateway that is being restarted refuses connections meanwhile. */
  async until(host: string, accept: (answer: Answer) => boolean): Promise<void> {
    const deadline = Date.now() + 10_000;
    for (;;) {
      const answer = await this.request(host).catch((error: Error) => error);
      if (!(answer instanceof Error) && accept(answer)) return;
      if (Date.now() > deadline) throw new Error(`${host} did not answer as expected: ${JSON.stringify(answer)}`);
      await pause(10);
    }
  }

  async close(): Promise<void> {
    await this.gateway().remove();
    for (const made of this.instances.values()) {
      const { dnsName } = await made;
      await this.docker.getContainer(dnsName).remove({ force: true });
    }
    if (this.network !== '') await this.docker.getNetwork(this.network).remove();
    await rm(join(this.folder, '..', '..'), { recursive: true, force: true });
  }

  private async startInstance(name: string): Promise<GatewayServer> {
    const dnsName = `gantry-${this.installation}-${name}`;
    const container = await this.docker.createContainer({
      name: dnsName,
      Image: 'gantry/node',
      Entrypoint: ['node'],
      Cmd: ['-e', APP, name],
      Labels: this.labels,
      HostConfig: { NetworkMode: this.network },
    });
    await container.start();
    const address = (await container.inspect()).NetworkSettings.Networks[this.network]?.IPAddress ?? '';
    return { name, address, port: 3000, dnsName, healthPath: '/health' };
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
