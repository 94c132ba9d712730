import { expect } from 'chai';
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
    const left = {
      name: 'left-behind',
      address: '192.0.2.9',
      port: 8080,
      dnsName: 'left-behind',
      healthPath: '/health',
    };
    await house.world.gateway.addServers(slot, 'b', [left]);
    await house.through('shop', await house.push('shop', { ...SHOP, 'readme.md': 'another one' }));
    const servers = await house.world.gateway.listServers(slot, 'b');
    expect(servers.map(({ name }) => name)).not.to.include('left-behind');
    expect(servers).to.have.length(1);
  });
});
