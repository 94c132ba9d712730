import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get as httpGet } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { InsideName, Lane } from '../../../engine/ports/gateway';
import { siblingsOf } from '../../../runners/docker/address-range';
import { connectDocker } from '../../../runners/docker/client';
import { DockerGatewayContainers } from '../../../runners/docker/gateway-container';
import { DockerGatewayNetworks } from '../../../runners/docker/gateway-networks';
import { gatewayContainerName } from '../../../runners/gateway/gateway-options';
import { HaproxyGateway } from '../../../runners/gateway/haproxy-gateway';
import { requireDocker } from '../../support/hooks';
import { buildCall, type DockerPlace, dockerPlace, effect, tarOf } from '../docker/harness';
import { aRoute } from './contract';

/** Says who it is, and asks others: `/ask?url=http://stock.gantry/`. */
const APP = `
const { createServer } = require('node:http');
createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://app');
  if (pathname !== '/ask') return response.end(process.env.SAYS);
  const host = searchParams.get('host');
  try {
    const answer = await new Promise((resolve, reject) => {
      const headers = host === null ? {} : { host };
      require('node:http').get(searchParams.get('url'), { headers, agent: false }, resolve).on('error', reject);
    });
    let body = '';
    for await (const piece of answer) body += piece;
    response.end(answer.statusCode === 200 ? body : String(answer.statusCode));
  } catch (error) { response.end(error.code); }
}).listen(8080);
process.on('SIGTERM', () => process.exit(0));
`;
const DOCKERFILE = 'FROM gantry/node\nCOPY app.js /\nUSER 10001:10001\nCMD ["node", "/app.js"]\n';

const HOSTS: readonly (InsideName & { slot: number })[] = [
  { stage: 'test', app: 'shop', host: 'shop-test.localhost', slot: 0 },
  { stage: 'production', app: 'shop', host: 'shop.localhost', slot: 1 },
  { stage: 'test', app: 'stock', host: 'stock-test.localhost', slot: 2 },
  { stage: 'production', app: 'stock', host: 'stock.localhost', slot: 3 },
];

describe('apps that find each other by name', function () {
  this.timeout(60_000);
  let place: DockerPlace;
  let image: string;
  let folder: string;
  let port: number;

  before(async function () {
    requireDocker(this);
    place = await dockerPlace();
    folder = await mkdtemp(join(tmpdir(), 'gantry-inside-'));
    port = await freePort();
    const request = { dockerfile: 'Dockerfile', target: null, args: {}, app: 'shop' };
    const context = tarOf({ Dockerfile: DOCKERFILE, 'app.js': APP });
    image = (await place.builder.buildImage({ ...buildCall(), ...request, context })).imageId;
    await gateway().start();
    await Promise.all(HOSTS.map(({ app, stage }) => serve(app, stage, 'a', '1')));
    await gateway().keepNames(HOSTS);
  });
  after(async () => {
    await place?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const gateway = (): HaproxyGateway =>
    new HaproxyGateway({
      installation: place.installation,
      folder,
      listen: { host: '127.0.0.1', port },
      network: place.network,
      docker: new DockerGatewayContainers(place.docker, place.installation),
      networks: new DockerGatewayNetworks(connectDocker({}), {
        ...{ installation: place.installation, network: place.network },
        container: gatewayContainerName(place.installation),
      }),
    });

  const hostOf = (app: string, stage: string) => {
    const found = HOSTS.find((each) => each.app === app && each.stage === stage);
    if (found === undefined) throw new Error(`${app} has no ${stage}`);
    return found;
  };

  /** A release of an app stands in a lane; the first one is stable at once. */
  const serve = async (app: string, stage: string, lane: Lane, release: string): Promise<void> => {
    const { host, slot } = hostOf(app, stage);
    const name = `gantry-${place.installation.slice(0, 8)}-${app}-${stage}-${release}`;
    const { cluster } = place;
    const seen = await cluster.startInstance({
      ...{ name, image, port: 8080, env: { SAYS: `${app} ${stage} ${release}` }, inject: [], stopGraceMs: 1_000 },
      labels: { app, environment: stage, role: 'instance', effect: effect() },
      resources: { memory: 128 * 1024 ** 2, cpus: 1 },
    });
    const health = { path: '/', status: 200, withinMs: 20_000, port: 8080 };
    await cluster.joinStage(name, stage);
    await cluster.waitHealthy(name, health, new AbortController().signal, () => undefined);
    await cluster.keepRunning(name, stage);
    const server = { name, address: seen.address, port: 8080, dnsName: name, healthPath: '/' };
    await gateway().addServers(slot, lane, [server]);
    if (lane === 'a') await gateway().route(aRoute(host, slot, 1, { stable: lane }));
  };

  const get = async (host: string, path: string): Promise<string> => {
    const request = httpGet({ host: '127.0.0.1', port, path, headers: { host }, agent: false });
    const [answer] = await once(request, 'response');
    let body = '';
    for await (const piece of answer) body += piece;
    return body;
  };
  /** What shop is answered when it asks. */
  const ask = (stage: string, url: string, host?: string): Promise<string> => {
    const query = new URLSearchParams({ url, ...(host === undefined ? {} : { host }) });
    return get(hostOf('shop', stage).host, `/ask?${query}`);
  };

  it('meet the app of their own stage: test asks test, production asks production', async () => {
    expect(await ask('test', 'http://stock.gantry/')).to.equal('stock test 1');
    expect(await ask('production', 'http://stock.gantry/')).to.equal('stock production 1');
    expect(await ask('production', 'http://shop.gantry/')).to.equal('shop production 1');
  });

  it('meet no host of another stage, whatever they ask for and whichever way', async () => {
    expect(await ask('test', 'http://stock.gantry/', 'stock.localhost')).to.equal('404');
    expect(await ask('test', 'http://stock.gantry/', 'stock-test.localhost')).to.equal('stock test 1');
    const address = await addressIn(place.network);
    expect(await ask('test', `http://${address}:8080/`, 'stock.localhost'), 'by the common network').to.equal('404');
  });

  it('take one of the ranges that Docker has, for all stages together', async () => {
    const filters = JSON.stringify({ label: [`gantry.installation=${place.installation}`] });
    const networks = await place.docker.listNetworks({ filters });
    const stages = networks.filter(({ Name }) => Name.includes('-stage-'));
    const ranges = stages.map(({ IPAM }) => IPAM?.Config?.[0]?.Subnet ?? '');
    expect(new Set(ranges).size).to.equal(4);
    const siblings = siblingsOf(ranges[0] ?? '').map(({ subnet }) => subnet);
    expect(siblings).to.include.members(ranges.slice(1));
  });

  it('are not found by visitors under that name', async () => {
    expect(await get('stock.gantry', '/')).to.contain('unknown-host');
  });

  it('meet what is stable after a switch, and the release before it after a rollback', async () => {
    await serve('stock', 'production', 'b', '2');
    const { host, slot } = hostOf('stock', 'production');
    await gateway().route(aRoute(host, slot, 2, { stable: 'b', warm: 'a' }));
    expect(await ask('production', 'http://stock.gantry/')).to.equal('stock production 2');
    await gateway().route(aRoute(host, slot, 3, { stable: 'a', warm: 'b' }));
    expect(await ask('production', 'http://stock.gantry/')).to.equal('stock production 1');
    expect(await ask('test', 'http://stock.gantry/')).to.equal('stock test 1');
  });

  it('are found at the same address when another app has come', async () => {
    const before = await addressIn(`${place.network}-stage-test-1`);
    await gateway().keepNames([{ stage: 'test', app: 'rates', host: 'rates-test.localhost' }]);
    expect(await addressIn(`${place.network}-stage-test-1`)).to.equal(before);
    expect(await ask('test', 'http://rates.gantry/'), 'known, and nothing serves there yet').to.equal('404');
    expect(await ask('test', 'http://stock.gantry/')).to.equal('stock test 1');
  });

  it('lose no request when another app comes, and visitors do not even wait', async () => {
    const [asked, visited]: [string[], number[]] = [[], []];
    const over = new AbortController();
    const keepAsking = async (): Promise<void> => {
      while (!over.signal.aborted) asked.push(await ask('test', 'http://stock.gantry/'));
    };
    const keepVisiting = async (): Promise<void> => {
      while (!over.signal.aborted) {
        const began = performance.now();
        expect(await get('stock-test.localhost', '/')).to.equal('stock test 1');
        visited.push(performance.now() - began);
      }
    };
    const all = [keepAsking(), keepAsking(), keepVisiting()];
    await gateway().keepNames([{ stage: 'test', app: 'fees', host: 'fees-test.localhost' }]);
    expect(await ask('test', 'http://fees.gantry/')).to.equal('404');
    over.abort();
    await Promise.all(all);
    expect(new Set(asked)).to.deep.equal(new Set(['stock test 1']));
    expect(Math.max(...visited)).to.be.below(500);
  });

  it('find each other when the gateway was restarted without Gantry, and when it was made anew', async () => {
    const container = place.docker.getContainer(gatewayContainerName(place.installation));
    await container.restart({ t: 0 });
    await answers();
    expect(await ask('production', 'http://stock.gantry/')).to.equal('stock production 1');
    await container.remove({ force: true });
    await gateway().start();
    await answers();
    expect(await ask('production', 'http://stock.gantry/')).to.equal('stock production 1');
  });

  it('are found again when somebody took the gateway out of the network', async () => {
    const network = place.docker.getNetwork(`${place.network}-stage-test-1`);
    await network.disconnect({ Container: gatewayContainerName(place.installation), Force: true });
    const records = async () => ({ slots: [], users: [], names: HOSTS, starting: [] });
    const told = await gateway().converge(records);
    expect(told.join()).to.contain('instances in test find').and.contain('stock.gantry');
  });

  const addressIn = async (network: string): Promise<string | undefined> => {
    const { NetworkSettings } = await place.docker.getContainer(gatewayContainerName(place.installation)).inspect();
    return NetworkSettings.Networks[network]?.IPAddress;
  };
  /** The gateway has found its servers again. */
  const answers = async (): Promise<void> => {
    for (const { host } of HOSTS) {
      const deadline = Date.now() + 10_000;
      while (!(await get(host, '/').catch(() => '')).includes(' 1')) {
        if (Date.now() > deadline) throw new Error(`${host} does not answer`);
      }
    }
  };
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
