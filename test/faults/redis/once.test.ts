import { expect } from 'chai';
import { APPEND_ONLY, type TestRedis, testRedis } from '../../support/redis';
import { type TcpProxy, tcpProxy } from '../../support/tcp-proxy';
import { until } from '../../web/support/until';
import { makeRingingHouse, type RingingHouse } from './ringing-house';

const APPS = ['shop', 'stock', 'desk', 'till'];
const FAULTS_MIN = 3;
const FAULTS_MAX = 50;

describe('runs that are under way while Redis fails', function () {
  this.timeout(60_000);
  let redis: TestRedis;
  let other: TestRedis;
  let proxy: TcpProxy;
  let house: RingingHouse;
  beforeEach(async function () {
    redis = await testRedis(this, APPEND_ONLY);
    other = await testRedis(this, APPEND_ONLY);
    proxy = await tcpProxy(redis.port);
    house = await makeRingingHouse(redis.url.replace(String(redis.port), String(proxy.port)));
    for (const app of APPS.slice(1)) await house.engine.apps.create(app, 'user:ada');
    await until(() => house.bell.state() === 'up');
  });
  afterEach(async () => {
    await house.close();
    await proxy.close();
    await other.remove();
    await redis.remove();
  });

  const faults: [string, () => Promise<void>][] = [
    [
      'is killed and started again',
      async () => {
        await redis.kill();
        await redis.start();
      },
    ],
    ['is flushed', async () => void (await redis.ask('flushall'))],
    ['gives way to an empty one at the same address', async () => proxy.turnTo(other.port)],
    [
      'comes back as it was some time before',
      async () => {
        proxy.turnTo(other.port);
        await until(() => house.bell.state() === 'up');
        proxy.turnTo(redis.port);
      },
    ],
    [
      'hangs for a while',
      async () => {
        proxy.set('hanging');
        await until(() => house.bell.state() === 'down');
        proxy.set('well');
      },
    ],
  ];
  for (const [what, fail] of faults) {
    it(`take each step once when it ${what} [F8] [F10] [F11] [F12]`, async () => {
      const runs = APPS.map((app) => house.deliver(app));
      let ended = false;
      const all = Promise.all(runs).finally(() => {
        ended = true;
      });
      for (let i = 0; i < FAULTS_MIN || (!ended && i < FAULTS_MAX); i++) {
        await fail();
        await house.mend();
      }
      expect(await all).to.deep.equal(APPS.map(() => 'succeeded'));
      expect(new Set(await house.taken())).to.deep.equal(new Set([1]));
      await until(async () => {
        await house.mend();
        return house.bell.state() === 'up' && (await house.bell.held())?.size === 0;
      });
    });
  }
});
