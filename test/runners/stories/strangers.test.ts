import { expect } from 'chai';
import { LANES } from '../../../engine/ports/gateway';
import { type House, makeHouse } from '../../support/house';

const SHOP = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  production: { keepWarm: 30m }
`,
};

const LEFT = {
  name: 'left-behind',
  address: '192.0.2.9',
  port: 8080,
  dnsName: 'left-behind',
  healthPath: '/health',
};

describe('a lane whose release was given up', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  it('has nobody left of it when the next release gets its visitors there', async () => {
    await house.through('shop', await house.push('shop', SHOP));
    const [production] = await house.engine.environments.list();
    const slot = production?.slot ?? 0;
    // Whoever took it down was killed before the gateway heard of it.
    await house.world.gateway.addServers(slot, 'b', [LEFT]);
    await house.through('shop', await house.push('shop', { ...SHOP, 'readme.md': 'another one' }));
    const servers = await house.world.gateway.listServers(slot, 'b');
    expect(servers.map(({ name }) => name)).not.to.include('left-behind');
    expect(servers).to.have.length(1);
  });

  it('has as much time as it asked for while another step drains it, and a second when that was cut off', async () => {
    const files = { ...SHOP, 'gantry.yml': SHOP['gantry.yml'].replace('port: 8080', 'port: 8080\n  drain: 45s') };
    for (const version of ['1', '2', '3']) await house.through('shop', await house.push('shop', { ...files, version }));
    const { removeServers } = house.world.gateway;
    const drains: number[] = [];
    house.world.gateway.removeServers = async (slot, lane, names, drainMs) => {
      if (names.includes('left-behind')) drains.push(drainMs);
      await removeServers.call(house.world.gateway, slot, lane, names, drainMs);
    };
    await leaveBehind();
    await house.through('shop', await house.push('shop', { ...files, version: '4' }));
    await leaveBehind();
    await anotherStepRuns();
    await house.through('shop', await house.push('shop', { ...files, version: '5' }));
    expect(drains).to.deep.equal([1_000, 45_000]);
  });

  const production = async () => {
    const [environment] = await house.engine.environments.list();
    if (environment === undefined) throw new Error('the first release has no environment');
    return environment;
  };
  /** In the lane that the next release gets, something is going whose release is the one before. */
  const leaveBehind = async () => {
    const { id, slot, traffic } = await production();
    const lane = LANES.find((one) => traffic.lanes[one] === null) ?? 'a';
    await house.world.gateway.addServers(slot, lane, [LEFT]);
    const [{ id: _own, ...serving } = { id: '' }] = await house.engine.instances.list({ environmentId: id });
    await house.engine.parts.store.write(async (tx) => {
      await tx.deleteFrom('instances').where('name', '=', LEFT.name).execute();
      const going = { ...serving, id: `left-${Date.now()}`, name: LEFT.name, lane, state: 'draining' };
      await tx
        .insertInto('instances')
        .values(going as never)
        .execute();
    });
  };
  /** Its runner lives: nobody takes the step over. */
  const anotherStepRuns = () =>
    house.engine.parts.store.write(async (tx) => {
      const { id } = await tx
        .selectFrom('steps')
        .select('id')
        .where('kind', '=', 'retire')
        .limit(1)
        .executeTakeFirstOrThrow();
      await tx
        .updateTable('steps')
        .set({ state: 'running', lease_until: 2 ** 52 })
        .where('id', '=', id)
        .execute();
    });
});
