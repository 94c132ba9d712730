import { once } from 'node:events';
import { expect } from 'chai';
import type { InstanceSeen } from '../../../engine/ports/cluster';
import { endLeaving } from '../../../runners/control/end-leaving';
import type { World } from '../../../runners/world';
import { type House, makeHouse } from '../../support/house';
import { requireDocker } from '../../support/skips';
import { HaproxyHarness } from '../gateway/haproxy-harness';

const PIPELINE = `app: chat
serve:
  image: { dockerfile: Dockerfile }
  port: 3000
  health: { path: /health, within: 5s }
  sticky: true
  drain: 2s
stages:
  gray: { share: 5% }
  production: { approve: { role: release-manager }, keepWarm: 30m }
`;

/** The dummy world, but its gateway is HAProxy, and each instance is a container that answers. */
describe('a WebSocket of a visitor', function () {
  this.timeout(90_000);
  let harness: HaproxyHarness;
  let house: House;
  let world: World;

  before(async function () {
    requireDocker(this);
    harness = new HaproxyHarness();
    await harness.open();
    const gateway = harness.gateway();
    const change = (dummy: World): World => {
      const findInstance = async (name: string): Promise<InstanceSeen | undefined> => {
        const seen = await house.world.cluster.findInstance(name);
        if (seen === undefined) return undefined;
        const { address, dnsName } = await harness.instance(name);
        return { ...seen, address, dnsName };
      };
      world = { ...dummy, gateway, cluster: Object.assign(Object.create(dummy.cluster), { findInstance }) };
      return world;
    };
    house = await makeHouse({ hasty: true, change, patienceMs: 30_000 });
    await house.engine.apps.create('chat', 'user:ada');
  });
  after(async () => {
    await house?.close();
    await harness?.close();
  });

  const released = async (version: string) => {
    const files = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE, version };
    const { row } = await house.through('chat', await house.push('chat', files));
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  };

  it('goes on at the release that was promoted away, and is closed when the time of that is over', async () => {
    await released('1');
    const first = await harness.request('chat.localhost');
    const cookie = (first.headers['set-cookie'] ?? []).map((text) => text.split(';')[0]).join('; ');
    const socket = await harness.webSocket('chat.localhost', { cookie });
    const echo = async (text: string) => {
      socket.send(text);
      const [answer] = (await once(socket, 'message')) as [Buffer];
      return answer.toString();
    };
    expect(await echo('hello')).to.equal(`${first.body}: hello`);
    await released('2');
    expect(await echo('still here')).to.equal(`${first.body}: still here`);
    expect((await harness.request('chat.localhost', '/', { cookie })).body, 'the session').to.equal(first.body);
    expect((await harness.request('chat.localhost')).body, 'a new visitor').to.not.equal(first.body);
    await endLeaving(house.engine, world);
    expect(await echo('and here')).to.equal(`${first.body}: and here`);

    const loop = setInterval(() => void endLeaving(house.engine, world), 200);
    await once(socket, 'close').finally(() => clearInterval(loop));
    await endLeaving(house.engine, world);
    expect((await harness.request('chat.localhost', '/', { cookie })).body).to.not.equal(first.body);
    const [production] = await house.engine.environments.list();
    expect(production?.traffic).to.include({ leaving: null });
    expect(production?.traffic.warm, 'the way back').to.not.equal(null);
  });
});
