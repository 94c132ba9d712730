import { expect } from 'chai';
import { type House, makeHouse } from '../../support/house';

const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }\n' +
    'stages: { production: {} }\n',
  Dockerfile: 'FROM gantry/node\n',
};

describe('an instance that cannot join the network of its stage', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  it('is taken back only when the gateway has heard of it, and so hears of it no more', async () => {
    const told: string[] = [];
    const { cluster, gateway } = house.world;
    const { promise: refused, resolve: refuse } = Promise.withResolvers<void>();
    cluster.joinStage = async () => {
      refuse();
      throw new Error('no such network');
    };
    gateway.prepareServers = async () => {
      await refused;
      // A turn of everything that could go on meanwhile.
      await new Promise((resolve) => setTimeout(resolve, 50));
      told.push('prepared');
    };
    const removeServers = gateway.removeServers.bind(gateway);
    gateway.removeServers = async (...asked) => {
      told.push('removed');
      await removeServers(...asked);
    };
    const { row } = await house.settled('shop', await house.push('shop', FILES));
    expect(row.state).to.equal('failed');
    expect(told).to.deep.equal(['prepared', 'removed']);
  });
});
