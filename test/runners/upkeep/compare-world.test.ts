import { expect } from 'chai';
import { routeOf } from '../../../engine/environments/find';
import { compareWorld } from '../../../runners/upkeep/compare-world';
import { type House, makeHouse } from '../../support/house';
import { instanceSpec } from '../cluster-contract';

const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }\n' +
    'stages: { production: { keepWarm: 1h } }\n',
  Dockerfile: 'FROM gantry/node\n',
};

describe('records beside the world', () => {
  let house: House;
  const look = () => compareWorld(house.engine, house.world);
  const production = async () => {
    const [environment] = await house.engine.environments.list();
    if (environment === undefined) throw new Error('the first release has no environment');
    return environment;
  };

  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
    await house.through('shop', await house.push('shop', FILES));
  });
  afterEach(() => house.close());

  it('say the same when nothing happened between them', async () => {
    expect(await look()).to.deep.equal([]);
  });

  it('lack an instance that serves by the records: its visitors are in danger [F55]', async () => {
    const [instance] = await house.engine.instances.list();
    await house.world.cluster.removeInstance(instance?.name ?? '', 0);
    const [difference, ...others] = await look();
    expect(others).to.deep.equal([]);
    expect(difference).to.include({ about: 'instance', dangerous: true });
    expect(difference?.says).to.match(/of shop in production serves by the records, and no such container runs$/);
  });

  it('do not know a container that was started after the backup', async () => {
    const { imageId } = (await house.world.cluster.listInstances())[0] ?? { imageId: '' };
    const spec = instanceSpec(imageId);
    await house.world.cluster.startInstance(spec);
    const [difference] = await look();
    expect(difference).to.include({ about: 'container', dangerous: false });
    expect(difference?.says).to.contain(`${spec.name} (`).and.to.contain('the records do not know it');
  });

  it('are older than what the gateway follows [F55]', async () => {
    const environment = await production();
    await house.world.gateway.route({ ...routeOf(environment), version: environment.version + 5 });
    const [difference] = await look();
    expect(difference).to.include({ about: 'traffic', dangerous: false });
    expect(difference?.says).to.contain(`follows version ${environment.version + 5}`);
  });
});
