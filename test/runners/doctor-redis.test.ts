import { expect } from 'chai';
import { redisChecks } from '../../runners/doctor-redis';
import { APPEND_ONLY, type TestRedis, testRedis } from '../support/redis';

describe('the doctor, asked about a Redis that was given', function () {
  this.timeout(20_000);
  let redis: TestRedis;
  before(async function () {
    redis = await testRedis(this, APPEND_ONLY);
  });
  after(() => redis.remove());

  it('is content with one that forgets nothing', async () => {
    const [check] = await redisChecks(redis.url);
    expect(check).to.include({ name: 'redis-settings', state: 'ok', mend: '' });
  });

  it('fails one that evicts, which `gantry up` refuses then, and says what to set [F14]', async () => {
    await redis.ask('config', 'set', 'maxmemory-policy', 'volatile-lru');
    const [check] = await redisChecks(redis.url);
    expect(check).to.include({ state: 'fail', mend: 'set maxmemory-policy noeviction' });
  });

  it('warns of one that does not answer: nothing is lost without it', async () => {
    const [check] = await redisChecks('redis://:secret@127.0.0.1:1');
    expect(check?.state).to.equal('warn');
    expect(check?.found)
      .to.match(/^127\.0\.0\.1:1 does not answer/)
      .and.not.include('secret');
  });
});
