import { expect } from 'chai';
import { hintId } from '../../../engine/ports/queue';
import { type TestRedis, testRedis } from '../../support/redis';
import { until } from '../../web/support/until';
import { makeRingingHouse, type RingingHouse } from './ringing-house';

/** More than the worker has places. */
const COMMANDS = Array.from(
  { length: 7 },
  (_, i) => `    - { name: slow-${i}, in: gantry/node, run: "true", env: { DUMMY_SLEEP_MS: "4000" } }`,
);

const PIPELINE = `app: shop
build:
  commands:
${COMMANDS.join('\n')}
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  production: {}
`;

describe('a queue whose runner has no free place', function () {
  this.timeout(60_000);
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

  const ready = async () => {
    const rows = await house.engine.parts.store.read
      .selectFrom('steps')
      .select(['id', 'epoch'])
      .where('state', '=', 'ready')
      .execute();
    return rows.map(({ id, epoch }) => hintId({ stepId: id, epoch }));
  };
  const held = async () => (await house.bell.held()) ?? new Set<string>();

  it('keeps a hint of each step that waits, also after it was flushed, and is empty when nothing does [F10]', async () => {
    await house.push('shop', { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE });
    await until(async () => house.worker.running() === 4 && (await ready()).length >= 3);
    await redis.ask('flushall');
    await house.mend();
    const waiting = await ready();
    await new Promise((resolve) => setTimeout(resolve, 200)); // the runner hears them meanwhile
    expect(waiting.length).to.be.greaterThan(2);
    expect([...(await held())]).to.include.members(waiting);
    await until(async () => {
      await house.mend();
      return (await ready()).length === 0 && house.worker.running() === 0 && (await held()).size === 0;
    });
  });
});
