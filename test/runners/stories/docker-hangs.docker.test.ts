import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { DockerBuilder } from '../../../runners/docker/builder';
import { DockerCluster } from '../../../runners/docker/cluster';
import { type House, makeHouse } from '../../support/house';
import { requireDocker } from '../../support/skips';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy';
import { until } from '../../web/support/until';
import { APP_FILES, type DockerPlace, dockerPlace } from '../docker/harness';

const PIPELINE = `app: shop
build:
  commands: [{ name: unit, in: gantry/node, run: echo tested, retry: { times: 3, backOff: 200ms } }]
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 30s }
stages: { production: { retry: { times: 5, backOff: 200ms } } }
`;
const SOCKET = '/var/run/docker.sock';
/** A plain question may take this long here, far more than a healthy Docker needs; by default it is half a minute. */
const PATIENCE_MS = 5_000;

describe('a Docker that takes calls and never answers', () => {
  let place: DockerPlace;
  let proxy: TcpProxy;
  let house: House;

  before(function () {
    requireDocker(this);
  });
  beforeEach(async () => {
    place = await dockerPlace();
    proxy = await tcpProxy(SOCKET);
    const { installation, network, bytes } = place;
    const docker = { protocol: 'http', host: '127.0.0.1', port: proxy.port, timeout: PATIENCE_MS } as const;
    const common = { docker, installation, bytes, network };
    const [builder, cluster] = [new DockerBuilder({ ...common, settings: {} }), new DockerCluster(common)];
    house = await makeHouse({
      hasty: true,
      patienceMs: 60_000,
      change: (dummy) => ({ ...dummy, installation, builder, cluster }),
    });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(async () => {
    proxy.set('well');
    await house.close();
    await proxy.close();
    await place.remove();
  });

  const step = async (run: number, name: string) =>
    (await house.engine.runs.find('shop', run)).steps.find((s) => s.name === name);

  it('ends a step after a time-out, in words that say so; it goes on when Docker answers again [F23]', async function () {
    this.timeout(120_000);
    proxy.set('hanging');
    const run = await house.push('shop', { ...APP_FILES, 'gantry.yml': PIPELINE });
    await until(async () => ((await step(run, 'command/unit'))?.retries ?? 0) > 0);
    const waiting = await step(run, 'command/unit');
    expect(waiting?.state).to.be.oneOf(['ready', 'running']);
    expect(waiting?.reason).to.match(/^Docker (does not answer|did not)/);
    proxy.set('well');
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  });

  it('never takes an instance as started that it has not seen, and leaves one of it [F23]', async function () {
    this.timeout(120_000);
    const label = [`gantry.installation=${place.installation}`, 'gantry.role=instance'];
    const containers = () => place.docker.listContainers({ all: true, filters: JSON.stringify({ label }) });
    const events = await place.docker.getEvents({ filters: { event: ['create'], label } });
    const created = once(events, 'data').finally(() => (events as Readable).destroy());
    const run = await house.push('shop', { ...APP_FILES, 'gantry.yml': PIPELINE });
    await created;
    proxy.set('hanging');
    await new Promise((resolve) => setTimeout(resolve, 2 * PATIENCE_MS));
    const effects = await house.engine.parts.store.read.selectFrom('effects').select(['target', 'state']).execute();
    const instance = effects.find(({ target }) => target.startsWith('instance production'));
    expect(instance?.state).to.be.oneOf(['intended', 'unknown']);
    expect((await step(run, 'production/deliver'))?.state).to.be.oneOf(['ready', 'running']);
    proxy.set('well');
    const { row } = await house.through('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await containers(), 'one container for one instance').to.have.length(1);
  });
});
