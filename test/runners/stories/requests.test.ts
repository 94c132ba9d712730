import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { type HookId, newId } from '../../../engine/model/ids';
import { type House, makeHouse } from '../../support/house';

const execute = promisify(execFile);
const REF = 'refs/pull/7/head';

const pipeline = (on: string): string => `app: shop
on: ${on}
serve: { image: {}, port: 8080, health: { path: /health } }
stages: { test: {}, gray: { share: 5% }, production: {} }
`;

describe('a run of a pull request', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const head = async () =>
    (await execute('git', ['-C', join(house.folder, 'work', 'shop'), 'rev-parse', 'HEAD'])).stdout.trim();

  /** As web settles it when it has fetched the head. */
  const requested = async (on: string, origin: 'branch' | 'fork' = 'branch') => {
    await house.push('shop', { 'gantry.yml': pipeline(on), Dockerfile: 'FROM scratch\n' });
    const { id } = await house.engine.apps.find('shop');
    const { parts } = house.engine;
    await house.engine.hooks.receive({
      ...{ appId: id, forge: 'github', event: 'pull_request', ignored: '' },
      ...{ deliveryId: newId<HookId>(parts.clock, parts.random), move: { ref: REF, after: '' } },
    });
    const hooks = (await house.engine.hooks.due(id)).map((hook) => hook.id);
    const fetched = { app: { id, name: 'shop' }, forge: 'github', ref: REF, number: 7, origin, hooks };
    return house.engine.requests.settle({ ...fetched, head: await head() });
  };

  it('goes through test, and never comes near gray or production, whatever its pipeline says', async () => {
    const number = await requested('{ branches: [other], requests: true }');
    const { row, steps } = await house.through('shop', number ?? 0);
    expect([row.state, row.reason, row.trigger]).to.deep.equal(['succeeded', '', 'request']);
    const stages = new Set(steps.map(({ stage }) => stage));
    expect([...stages]).to.deep.equal(['build', 'test']);
    expect(await house.engine.environments.production((await house.engine.apps.find('shop')).id)).to.equal(undefined);
  });

  it('is ignored where the pipeline does not ask for requests', async () => {
    const number = await requested('{ branches: ["**"] }');
    const { row } = await house.through('shop', number ?? 0);
    expect(row.state).to.equal('ignored');
    expect(row.reason).to.include('on.requests of gantry.yml is not true');
  });

  it('of a fork begins when somebody has allowed it, in test alone as well', async () => {
    expect(await requested('{ requests: true }', 'fork'), 'a fork waits').to.equal(null);
    const allowed = await house.engine.requests.allow({ app: 'shop', number: 7, head: await head() }, 'user:ada');
    const { row, steps } = await house.through('shop', allowed.run);
    expect([row.state, row.started_by]).to.deep.equal(['succeeded', 'ada']);
    expect(steps.some(({ stage }) => stage === 'gray' || stage === 'production')).to.equal(false);
  });
});
