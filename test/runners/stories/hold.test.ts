import { expect } from 'chai';
import { type House, makeHouse } from '../../support/house';
import { takeStep } from '../../support/take-step';

const FILES = {
  'gantry.yml':
    'app: shop\nserve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }\n' +
    'stages: { production: {} }\n',
  Dockerfile: 'FROM gantry/node\n',
};
const EVERY_KIND = { kinds: ['plan', 'build-image', 'seal', 'deliver', 'promote', 'retire'] };

describe('a hold', () => {
  let house: House;

  beforeEach(async () => {
    house = await makeHouse({ idle: true, hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const begin = (name: 'restore' | 'upgrade', forMs: number | null) =>
    house.engine.holds.begin(name, { reason: 'a reason', since: 1, forMs });
  const take = async () => (await takeStep(house.engine.parts, 'runner', EVERY_KIND))?.name;

  it('lets pushes in, and no step begin, until it is lifted', async () => {
    await begin('upgrade', 60_000);
    expect(await house.push('shop', FILES)).to.equal(1);
    expect(await take()).to.equal(undefined);
    await house.engine.holds.lift('upgrade');
    expect(await take()).to.equal('plan');
  });

  it('ends by itself when whoever began it was killed', async () => {
    await house.push('shop', FILES);
    await begin('upgrade', -1);
    expect(await house.engine.holds.list()).to.deep.equal([]);
    expect(await take()).to.equal('plan');
  });

  it('of a restore lasts until somebody has confirmed it, and that is audited [F55]', async () => {
    await house.push('shop', FILES);
    await begin('restore', null);
    await house.engine.holds.lift('upgrade');
    expect((await house.engine.holds.list()).map(({ name, reason }) => [name, reason])).to.deep.equal([
      ['restore', 'a reason'],
    ]);
    expect(await take()).to.equal(undefined);
    await house.engine.holds.confirmRestore('user:ada', new Map());
    expect(await take()).to.equal('plan');
    const audit = await house.engine.parts.store.read.selectFrom('audit').select(['actor', 'action']).execute();
    expect(audit).to.deep.include({ actor: 'user:ada', action: 'restore.confirm' });
  });
});

describe('restored records', () => {
  it('are above what the gateway follows, once they are confirmed', async () => {
    const house = await makeHouse({ hasty: true });
    try {
      await house.engine.apps.create('shop', 'user:ada');
      await house.through('shop', await house.push('shop', FILES));
      const [environment] = await house.engine.environments.list();
      if (environment === undefined) throw new Error('the first release has no environment');
      await house.engine.holds.confirmRestore('user:ada', new Map([[environment.id, environment.version + 7]]));
      const after = await house.engine.environments.find(environment.id);
      expect(after.version).to.equal(environment.version + 8);
      expect(after.traffic).to.deep.equal(environment.traffic);
    } finally {
      await house.close();
    }
  });
});
