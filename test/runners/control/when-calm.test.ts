import { expect } from 'chai';
import { CALM_MS, PATIENCE_MS, whenCalm } from '../../../runners/control/when-calm';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 2s }
stages:
  production: { keepWarm: 0s }
`;

describe('work that waits for calm', () => {
  let house: House;
  let turns: number;
  let turn: () => Promise<void>;
  /** How far the clock was put forward, ms. */
  let ahead: number;

  beforeEach(async () => {
    ahead = 0;
    turns = 0;
    house = await makeHouse({ hasty: true, parts: { clock: { now: () => Date.now() + ahead } } });
    await house.engine.apps.create('shop', 'user:ada');
    const counted = whenCalm(house.engine, async () => void turns++);
    turn = () => counted(new AbortController().signal);
  });
  afterEach(() => house.close());

  const release = async (version: number): Promise<void> => {
    const files = { Dockerfile: 'FROM gantry/node\n', 'gantry.yml': PIPELINE, version: String(version) };
    expect((await house.through('shop', await house.push('shop', files))).row.state).to.equal('succeeded');
  };

  it('is done at once where nothing runs', async () => {
    await turn();
    expect(turns).to.equal(1);
  });

  it('begins when no run has changed for a while, not right after one', async () => {
    await release(1);
    await turn();
    expect(turns).to.equal(0);
    ahead = CALM_MS;
    await turn();
    expect(turns).to.equal(1);
  });

  it('does not wait for ever where runs never rest', async () => {
    await release(1);
    await turn();
    ahead = PATIENCE_MS;
    await release(2);
    await turn();
    expect(turns).to.equal(1);
    await turn();
    expect(turns).to.equal(1, 'and then waits anew');
  });
});
