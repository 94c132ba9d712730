import { expect } from 'chai';
import { messageOf, StepFailure } from '../../../engine/model/errors';
import { endWarm } from '../../../runners/control/end-warm';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  production: { keepWarm: 30m }
`;

describe('a way back to a release whose instances are going', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true });
    await house.engine.apps.create('shop', 'user:ada');
    for (const version of ['1', '2']) {
      const files = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE, version };
      const { row } = await house.through('shop', await house.push('shop', files));
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    }
  });
  afterEach(() => house.close());

  const back = async (): Promise<number> => {
    const { run } = await house.engine.runs.rollback({ app: 'shop', reason: '', to: 1 }, 'user:ada');
    house.worker.wake();
    return run;
  };
  const ended = async (run: number) => {
    const { row } = await house.settled('shop', run);
    return [row.state, row.reason];
  };
  const productionOf = async () => {
    const production = await house.engine.environments.production((await house.engine.apps.find('shop')).id);
    if (production === undefined) throw new Error('shop has no production');
    return production;
  };
  /** Servers that visitors meet, by what the records say of their instances. */
  const met = async (): Promise<string[]> => {
    const { id, slot, traffic } = await productionOf();
    const servers = await house.world.gateway.listServers(slot, traffic.stable ?? 'a');
    const instances = await house.engine.instances.list({ environmentId: id });
    return servers.map((server) => instances.find(({ name }) => name === server.name)?.state ?? 'gone').sort();
  };
  /** Its time is over; whoever decided so was cut off before anything was removed. */
  const coolDown = async () => {
    await house.engine.parts.store.write((tx) => tx.updateTable('environments').set({ warm_until: 1 }).execute());
    expect(await house.engine.environments.cool((await productionOf()).id)).not.to.equal(undefined);
  };
  /** The first instance that is to start does not, until it is let go. */
  const holdFirstStart = () => {
    const start = house.world.cluster.startInstance.bind(house.world.cluster);
    const { promise: reached, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    house.world.cluster.startInstance = async (spec) => {
      house.world.cluster.startInstance = start;
      arrive();
      await held;
      return start(spec);
    };
    return { reached, letGo };
  };

  it('starts others, also for a second one after the first was given up, and hangs', async () => {
    await coolDown();
    const { reached, letGo } = holdFirstStart();
    const first = await back();
    await reached;
    expect(await back(), 'asked twice').to.equal(first);
    await house.engine.runs.cancel({ app: 'shop', run: first, reason: 'it hangs' }, 'user:ada');
    const second = await back();
    expect(await ended(second)).to.deep.equal(['succeeded', '']);
    expect(await met()).to.deep.equal(['serving']);
    letGo();
    expect((await ended(first))[0]).to.equal('cancelled');
    expect(await met(), 'the late one is not needed any more, and goes again').to.deep.equal(['serving']);
    await endWarm(house.engine, house.world);
    const left = await house.engine.instances.list({ environmentId: (await productionOf()).id });
    expect(left.map(({ state }) => state)).to.deep.equal(['serving', 'serving'], 'nobody goes for ever');
  });

  it('leaves nothing that goes for ever when it fails', async () => {
    await coolDown();
    house.world.cluster.startInstance = async () => {
      throw new StepFailure('user', 'no address is free', 'make room');
    };
    expect((await ended(await back()))[0]).to.equal('failed');
    await endWarm(house.engine, house.world);
    const left = await house.engine.instances.list({ environmentId: (await productionOf()).id });
    expect(left.map(({ state }) => state)).to.deep.equal(['serving']);
  });

  it('starts others when they begin to go between the look and the switch', async () => {
    const { list, move } = house.engine.instances;
    const { promise: looked, resolve: hasLooked } = Promise.withResolvers<void>();
    house.engine.instances.list = async (filter) => {
      house.engine.instances.list = list;
      const seen = await list(filter);
      for (const { name } of seen) await move(name, { state: 'draining' });
      hasLooked();
      return seen;
    };
    const route = house.world.gateway.route.bind(house.world.gateway);
    const after: string[][] = [];
    house.world.gateway.route = async (wanted) => {
      await route(wanted);
      after.push(await met());
    };
    const run = await back();
    await looked;
    expect(await ended(run)).to.deep.equal(['succeeded', '']);
    expect(after[0]).to.deep.equal(['serving']);
  });

  it('is one switch while they stand', async () => {
    const before = (await house.world.cluster.listInstances()).map(({ id }) => id);
    expect(await ended(await back())).to.deep.equal(['succeeded', '']);
    expect((await house.world.cluster.listInstances()).map(({ id }) => id)).to.deep.equal(before);
  });

  it('is not begun while the run of that release takes it back', async () => {
    expect(await ended(await back())).to.deep.equal(['succeeded', '']);
    // Its promotion is undone already, and its other steps are about to be.
    await house.engine.parts.store.write((tx) =>
      tx.updateTable('runs').set({ state: 'undoing' }).where('number', '=', 2).execute(),
    );
    const again = house.engine.runs.rollback({ app: 'shop', reason: '' }, 'user:ada');
    expect(await again.then(() => 'begun', messageOf)).to.equal('run 2 is taking shop release 2 back at this moment');
  });
});
