import { expect } from 'chai';
import { isFinalRun } from '../../../engine/model/states';
import { stepKinds } from '../../../runners/steps/kinds';
import { startWorker, type Worker } from '../../../runners/worker/worker';
import { commit, type House, makeHouse } from '../../support/house';

const REF = 'refs/heads/main';
const NO_COMMIT = '0'.repeat(40);

const files = (version: string): Record<string, string> => ({
  'gantry.yml': `app: shop
serve: { image: {}, port: 8080, health: { path: /health } }
stages: { production: {} }
`,
  Dockerfile: 'FROM scratch\n',
  version,
});

describe('pushes that arrive in another order than Git took them', () => {
  let house: House;
  let worker: Worker | undefined;
  const commits: string[] = [];
  beforeEach(async () => {
    house = await makeHouse({ idle: true });
    await house.engine.apps.create('shop', 'user:ada');
    commits.length = 0;
    worker = undefined;
    for (const version of ['old', 'new']) commits.push(await commit(house.folder, 'shop', files(version)));
  });
  afterEach(async () => {
    await worker?.drain(2_000);
    await house.close();
  });

  const arrive = async (after: string, before: string): Promise<void> => {
    const push = { app: 'shop', source: 'git-push', ref: REF, before, after, pusher: 'ada' };
    await house.engine.deliveries.accept(push, 'user:ada');
  };
  /** Lets a runner work until every run has ended. @returns their states, the last one first */
  const carriedOut = async (): Promise<string[]> => {
    worker ??= startWorker(house.engine, stepKinds(house.world), { owner: 'late', concurrency: 4 });
    for (;;) {
      worker.wake();
      const runs = await house.engine.runs.list({ app: 'shop', limit: 10 });
      const states = runs.map(({ number, state, reason }) => `${number} ${state}${reason && `: ${reason}`}`);
      if (runs.every(({ state }) => isFinalRun(state))) return states;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const head = async () => {
    const { id } = await house.engine.apps.find('shop');
    return (await house.engine.deliveries.heads(id)).get(REF);
  };

  it('let the newest commit win by ancestry, and the older one says what took its place [F35]', async () => {
    const [old = '', young = ''] = commits;
    await arrive(young, old);
    await arrive(old, NO_COMMIT);
    expect(await head()).to.equal(young);
    expect(await carriedOut()).to.deep.equal(['2 superseded: superseded by #1', '1 succeeded']);
    expect(await head()).to.equal(young);
  });

  it('let it win also when it has been delivered already', async () => {
    const [old = '', young = ''] = commits;
    await arrive(young, old);
    expect(await carriedOut()).to.deep.equal(['1 succeeded']);
    await arrive(old, NO_COMMIT);
    expect(await carriedOut()).to.deep.equal(['2 superseded: superseded by #1', '1 succeeded']);
    expect(await head()).to.equal(young);
  });

  it('do not hide a branch that was set back on purpose', async () => {
    const [old = '', young = ''] = commits;
    await arrive(young, old);
    expect(await carriedOut()).to.deep.equal(['1 succeeded']);
    await arrive(old, young);
    expect(await carriedOut()).to.deep.equal(['2 succeeded', '1 succeeded']);
    expect(await head()).to.equal(old);
  });
});
