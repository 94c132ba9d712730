import { expect } from 'chai';
import { APPEND_ONLY, type TestRedis, testRedis } from '../../support/redis';
import { until } from '../../web/support/until';
import { makeQueueHouse, type QueueHouse, REACH } from './queue';

const STEPS = 40;
/** How long the queue may take to be equal to SQL again, ms. */
const EQUAL_MS = 10_000;

describe('the queue, after Redis has lost something', function () {
  this.timeout(30_000);
  let redis: TestRedis;
  let house: QueueHouse;
  beforeEach(async function () {
    redis = await testRedis(this, APPEND_ONLY);
    house = await makeQueueHouse(redis.url);
    await until(() => house.bell.state() === 'up');
    await house.push(STEPS);
    await house.untilEqual(EQUAL_MS);
  });
  afterEach(async () => {
    await house.close();
    await redis.remove();
  });

  it('holds what it held when Redis was killed and writes each command down [F8]', async () => {
    const before = await house.held();
    expect(before).to.have.length(STEPS);
    await redis.kill();
    await until(() => house.bell.state() === 'down');
    await house.push(1);
    await redis.start();
    await until(() => house.bell.state() === 'up');
    expect(await house.held()).to.deep.equal(before);
    await house.untilEqual(EQUAL_MS);
    expect(await house.held()).to.have.length(STEPS + 1);
  });

  it('is rebuilt from SQL when the last commands are lost [F9]', async () => {
    await redis.kill();
    await redis.forgetLast(30);
    await redis.start();
    await until(() => house.bell.state() === 'up');
    expect((await house.held()).length).to.be.lessThan(STEPS);
    await house.untilEqual(EQUAL_MS);
  });

  it('is rebuilt from SQL when it is flushed [F10]', async () => {
    await redis.ask('flushall');
    // The one ring that stands for all of the pushes may come at this moment.
    expect(await house.held()).to.have.length.at.most(1);
    const mended = await house.engine.queue.repair(REACH);
    expect(mended).to.include({ stale: 0 });
    expect(mended?.rung).to.be.within(STEPS - 1, STEPS);
    expect(await house.held()).to.deep.equal(await house.ready());
    expect(await house.engine.queue.repair(REACH)).to.deep.equal({ rung: 0, stale: 0, unknown: [] });
  });

  it('is rebuilt from SQL when Redis comes back empty [F11]', async () => {
    await redis.kill();
    await redis.empty();
    await redis.start();
    await until(() => house.bell.state() === 'up');
    expect(await house.held()).to.deep.equal([]);
    await house.untilEqual(EQUAL_MS);
  });

  it('loses the hints of steps that were taken meanwhile [F11]', async () => {
    await house.engine.parts.store.write((tx) =>
      tx.updateTable('steps').set({ state: 'succeeded' }).where('position', '=', 0).execute(),
    );
    let stale = 0;
    await until(async () => {
      stale += (await house.engine.queue.repair(REACH))?.stale ?? 0;
      return (await house.held()).length === 0;
    });
    expect(stale).to.be.at.least(STEPS);
  });

  it('loses what names no step, and that is told apart from old hints [S19]', async () => {
    const strangers = ['run-everything', '01999999-0000-7000-8000-000000000000.0'];
    for (const id of strangers) await redis.ask('lpush', 'bull:gantry-steps:wait', id);
    const mended = await house.engine.queue.repair(REACH);
    expect(mended?.unknown).to.have.members(strangers);
    await house.untilEqual(EQUAL_MS);
  });
});
