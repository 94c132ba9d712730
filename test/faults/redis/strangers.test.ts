import { expect } from 'chai';
import { UNKNOWN_HINTS } from '../../../runners/control/hear-hints';
import { type TestRedis, testRedis } from '../../support/redis';
import { until } from '../../web/support/until';
import { makeRingingHouse, type RingingHouse } from './ringing-house';

const QUEUE = 'bull:gantry-steps';
const NOBODY = '01999999-0000-7000-8000-000000000000.0';

describe('a queue that somebody else writes into', function () {
  this.timeout(30_000);
  let redis: TestRedis;
  let house: RingingHouse;
  beforeEach(async function () {
    redis = await testRedis(this);
    house = await makeRingingHouse(redis.url);
    await until(() => house.bell.state() === 'up');
  });
  afterEach(async () => {
    await house.close();
    await redis.remove();
  });

  const put = async (id: string, data: string) => {
    const fields = ['name', 'ring', 'data', data, 'opts', '{}', 'timestamp', '1', 'delay', '0', 'priority', '0'];
    await redis.ask('hset', `${QUEUE}:${id}`, ...fields);
    await redis.ask('lpush', `${QUEUE}:wait`, id);
    await redis.ask('zadd', `${QUEUE}:marker`, '0', '0');
  };
  const held = async () => [...((await house.bell.held()) ?? [])];

  const poisons: [string, string, string][] = [
    ['a hint of a step that is none', NOBODY, '{}'],
    ['a name that is no hint', 'run-everything', '{"command":"rm"}'],
    ['data that cannot be read', 'broken', '{"stepId":'],
    ['data of 10 MB', 'huge', JSON.stringify({ filler: 'x'.repeat(10_000_000) })],
  ];
  for (const [what, id, data] of poisons) {
    it(`drops ${what}, tells it, and goes on [S19]`, async () => {
      await put(id, data);
      await until(async () => {
        await house.mend();
        return (await held()).length === 0;
      });
      expect(house.warnings.join('\n')).to.match(new RegExp(`${UNKNOWN_HINTS}|a hint could not be read`));
      expect(await house.deliver()).to.equal('succeeded');
      expect(new Set(await house.taken())).to.deep.equal(new Set([1]));
    });
  }

  it('drops a name without anything behind it [S19]', async () => {
    await redis.ask('lpush', `${QUEUE}:wait`, 'ghost');
    await redis.ask('zadd', `${QUEUE}:marker`, '0', '0');
    await until(async () => {
      await house.mend();
      return (
        Number(await redis.ask('llen', `${QUEUE}:wait`)) + Number(await redis.ask('llen', `${QUEUE}:active`)) === 0
      );
    });
    expect(await house.deliver()).to.equal('succeeded');
  });

  it('does not do a step again for old hints of it [S19]', async () => {
    await house.deliver();
    const steps = await house.engine.parts.store.read.selectFrom('steps').select('id').execute();
    for (const { id } of steps) for (const epoch of [0, 1, 7]) await put(`${id}.${epoch}`, '{}');
    await until(async () => (await held()).length === 0);
    expect(await house.taken()).to.deep.equal(steps.map(() => 1));
  });
});
