import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { DockerState } from '../../cli/demo/docker-state';
import { LiveTraffic } from '../../cli/demo/live-traffic';
import { look, versionIn } from '../../cli/demo/look';
import { Visits } from '../../cli/demo/visits';

const servers: http.Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(handle: RequestListener): Promise<{ host: string; port: number }> {
  const server = http.createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const body = (app: string, version: string): string => JSON.stringify({ app, version, release: `${app}-1` });
const visitsOf = (gateway: { host: string; port: number }): Visits => new Visits(gateway, (app) => `${app}.localhost`);

describe('a look through the gateway', () => {
  it('asks for the host, and keeps the id that a visitor gets', async () => {
    const gateway = await serve((request, response) => {
      response.setHeader('set-cookie', 'gantry_id=abc; Path=/; HttpOnly');
      response.end(request.headers.host);
    });
    const answer = await look(gateway, { host: 'shop.localhost', path: '/' });
    expect([answer.status, answer.body, answer.cookie]).to.deep.equal([200, 'shop.localhost', 'gantry_id=abc']);
  });

  it('calls a short body and a reset failures', async () => {
    const gateway = await serve((request, response) => {
      if (request.url === '/reset') return request.socket.resetAndDestroy();
      response.writeHead(200, { 'content-length': 100 });
      return response.write('short', () => request.socket.end());
    });
    expect((await look(gateway, { host: 'a', path: '/' })).failure).to.match(/broke off|short body|aborted/);
    expect((await look(gateway, { host: 'a', path: '/reset' })).failure).to.match(/reset|hang up/i);
  });

  it('knows what /version of a fixture app says', () => {
    expect(versionIn(body('ledger', '2.0.0'))).to.deep.equal({ app: 'ledger', version: '2.0.0', release: 'ledger-1' });
    expect(versionIn('<html>')).to.equal(undefined);
  });
});

describe('visits', () => {
  it('count whole answers of the right app, and nothing else, as good', async () => {
    const gateway = await serve((request, response) =>
      response.end(request.headers.host === 'shop.localhost' ? body('shop', '1.0.0') : body('other', '1.0.0')),
    );
    const visits = visitsOf(gateway);
    expect(await visits.version('shop', {})).to.equal('1.0.0');
    expect(await visits.version('ledger', {})).to.equal(undefined);
    expect([visits.requests, visits.failed]).to.deep.equal([2, 1]);
    expect(visits.failures[0]?.why).to.include('not from ledger');
    expect(visits.counts.get('shop 1.0.0')).to.equal(1);
  });

  it('know when what a version answered was asked, also when the answer came late', async () => {
    let version = '1.0.0';
    const held: (() => void)[] = [];
    const gateway = await serve((_, response) => {
      const answer = () => response.end(body('shop', version));
      if (version === '1.0.0') answer();
      else held.push(answer);
    });
    const visits = visitsOf(gateway);
    await visits.version('shop', {});
    expect(visits.lastAsked.get('shop 1.0.0')).to.equal(visits.firstAsked.get('shop 1.0.0'));
    version = '2.0.0';
    const waits = visits.version('shop', {});
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const started = Date.now();
    held.splice(0).forEach((answer) => {
      answer();
    });
    await waits;
    const late = visits.version('shop', {});
    while (held.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    held[0]?.();
    await late;
    expect(visits.firstAsked.get('shop 2.0.0')).to.be.below(started);
    expect(visits.lastAsked.get('shop 2.0.0')).to.be.at.least(started);
    expect(visits.lastAnswer.get('shop 2.0.0')).to.be.at.least(started);
  });

  it('count an error as gray’s own only if the visitor meets the release that is bad on purpose', async () => {
    const gateway = await serve((request, response) => {
      const bad = request.headers.cookie === 'gantry_id=gray';
      if (request.url === '/version') return response.end(body('shop', bad ? '3.0.0' : '2.0.0'));
      response.statusCode = 500;
      return response.end('no');
    });
    const visits = visitsOf(gateway);
    visits.expectBad('shop', '3.0.0');
    await visits.page('shop', '/', { cookie: 'gantry_id=gray', version: undefined });
    expect([visits.grayErrors, visits.failed]).to.deep.equal([1, 0]);
    await visits.page('shop', '/', { cookie: 'gantry_id=stable', version: '2.0.0' });
    expect([visits.grayErrors, visits.failed]).to.deep.equal([1, 1]);
  });

  it('of a crowd give everybody an id, and know them when they come again', async () => {
    let given = 0;
    const gateway = await serve((request, response) => {
      if (request.headers.cookie === undefined) response.setHeader('set-cookie', `gantry_id=${given++}`);
      const id = Number(/\d+/.exec(request.headers.cookie ?? `${given - 1}`)?.[0]);
      response.end(body('shop', id % 2 === 0 ? '2.0.0' : '1.0.0'));
    });
    const visits = visitsOf(gateway);
    const crowd = await visits.crowd('shop', 50);
    expect(new Set(crowd.map(({ cookie }) => cookie)).size).to.equal(50);
    expect(await visits.again('shop', crowd)).to.deep.equal(crowd.map(({ version }) => version));
  });
});

describe('live traffic', () => {
  it('comes until it is stopped, and then has its last answer', async () => {
    let open = 0;
    let asked = 0;
    const gateway = await serve((_request, response) => {
      open += 1;
      asked += 1;
      response.on('finish', () => (open -= 1)).end(body('shop', '1.0.0'));
    });
    const visits = visitsOf(gateway);
    const traffic = new LiveTraffic(visits, ['shop']);
    expect(traffic.start()).to.equal(true);
    expect(traffic.start()).to.equal(false);
    while (asked < 30) await new Promise(setImmediate);
    await traffic.stop();
    expect(open).to.equal(0);
    expect([visits.requests, visits.failed]).to.deep.equal([asked, 0]);
  });
});

describe('what Docker says', () => {
  it('is asked by its own interface, and an error names the question', async () => {
    const gateway = await serve((request, response) => {
      if (request.url === '/version') return response.end('{"Version":"20.10.24"}');
      if (request.url?.startsWith('/containers/json?all=1&filters=')) return response.end('[]');
      response.statusCode = 404;
      return response.end('{"message":"No such container: x"}');
    });
    const docker = new DockerState(gateway);
    expect(await docker.version()).to.equal('20.10.24');
    expect(await docker.containers({ 'gantry.app': 'shop' })).to.deep.equal([]);
    const error = await docker.container('x').catch((reason: Error) => reason.message);
    expect(error).to.include('404').and.include('No such container');
  });

  it('is undefined where nothing answers', async () => {
    expect(await new DockerState({ socketPath: '/nowhere/docker.sock' }).version()).to.equal(undefined);
  });
});
