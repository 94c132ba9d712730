import { expect } from 'chai';
import type { Exchange } from '../../../engine/ports/exchange';
import { connectExchange } from '../../../engine/queue/redis-exchange';
import { type TestRedis, testRedis } from '../../support/redis';
import { exchangeContract, twoEnds } from './exchange-contract';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('the exchange on Redis', function () {
  this.timeout(15_000);
  let redis: TestRedis;
  let here: Exchange;
  let there: Exchange;
  before(async function () {
    redis = await testRedis(this);
  });
  beforeEach(() => {
    here = connectExchange(redis.url, silent);
    there = connectExchange(redis.url, silent);
  });
  afterEach(() => Promise.all([here.close(), there.close()]));
  after(() => redis?.remove());

  exchangeContract(() => ({ here, there }));

  it('ends every session when Redis dies, says why, and works again when it is back', async () => {
    const { person } = await twoEnds(here, there);
    const frames = person.frames();
    await frames[Symbol.asyncIterator]().next();
    await redis.kill();
    const broken = await (async () => {
      for await (const _frame of frames);
    })().then(
      () => 'ended',
      (error: Error) => error.message,
    );
    expect(broken).to.equal('the session broke off: Redis does not answer');
    const refused = await here.join('later', 'person').catch((error: { code: string }) => error);
    expect(refused).to.deep.include({ code: 'exchange-down' });
    expect(here.state()).to.equal('down');
    await redis.start();
    const again = await joinWhenUp(here);
    await again.close();
  });
});

/** The connection comes back by itself, within a second or so. */
async function joinWhenUp(exchange: Exchange) {
  for (let tries = 0; ; tries++) {
    try {
      return await exchange.join('again', 'person');
    } catch (error) {
      if (tries > 5) throw error;
    }
  }
}
