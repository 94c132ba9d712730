import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import Docker from 'dockerode';
import WebSocket from 'ws';
import type { GatewayServer } from '../../../engine/ports/gateway';
import { connectDocker } from '../../../runners/docker/client';
import { DockerGatewayContainers } from '../../../runners/docker/gateway-container';
import { DockerGatewayNetworks } from '../../../runners/docker/gateway-networks';
import { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { testInstallation } from '../../support/docker-leftovers';

/**
 * A small app: says its name, answers with the status in the path `/status/500`, takes 100 ms for `/slow`, shows what
 * it received at `/headers`, echoes on a WebSocket, and is healthy at `/health` only.
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
// A WebSocket answers each short text with its own name before it.
server.on('upgrade', (request, socket) => {
  const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
  const accept = require('node:crypto').createHash('sha1').update(key).digest('base64');
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n');
  socket.write('Sec-WebSocket-Accept: ' + accept + '\\r\\n\\r\\n');
  socket.on('error', () => socket.destroy());
  socket.on('data', (frame) => {
    if ((frame[0] & 15) !== 1) return socket.end();
    const mask = frame.subarray(2, 6);
    const said = Buffer.from(frame.subarray(6, 6 + (frame[1] & 127))).map((byte, at) => byte ^ mask[at % 4]);
    const answer = Buffer.concat([Buffer.from(name + ': '), said]);
    socket.write(Buffer.concat([Buffer.from([129, answer.length]), answer]));
  });
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
  private readonly containers = new DockerGatewayContainers(this.docker, this.installation);
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
      docker: this.containers,
      networks: new DockerGatewayNetworks(connectDocker({}), {
        ...{ installation: this.installation, network: this.network, container: this.container },
      }),
    });
  }

  /** The last lines that the gateway has written. */
  gatewayLog(): Promise<string> {
    return this.containers.logs(this.container, 30);
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
  request(host: string, path = '/', headers: OutgoingHttpHeaders = {}, agent?: Agent): Promise<Answer> {
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

  /** Where requests of this process come from, as the gateway sees it: the host's end of the network. */
  async visitorAddress(): Promise<string> {
    const { IPAM } = (await this.docker.getNetwork(this.network).inspect()) as Docker.NetworkInspectInfo;
    return IPAM?.Config?.[0]?.Gateway ?? '';
  }

  /** Opens a WebSocket to `host`; the app's name stands before each echo. */
  async webSocket(host: string, headers: Record<string, string> = {}): Promise<WebSocket> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/`, { headers: { host, ...headers } });
    await once(socket, 'open');
    return socket;
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
    const filters = JSON.stringify({ label: [`gantry.installation=${this.installation}`] });
    for (const { Id } of await this.docker.listNetworks({ filters })) await this.docker.getNetwork(Id).remove();
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
