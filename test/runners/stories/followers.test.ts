import { expect } from 'chai';
import { GantryError } from '../../../engine/model/errors';
import type { Probe } from '../../../engine/ports/clock';
import { startTriggered } from '../../../runners/control/start-triggered';
import { type House, makeHouse } from '../../support/house';

const files = (app: string, on: string, stages = '{ test: {}, production: {} }'): Record<string, string> => ({
  'gantry.yml': `app: ${app}\non: ${on}\nserve: { image: {}, port: 8080, health: { path: /health } }\nstages: ${stages}\n`,
  Dockerfile: 'FROM scratch\n',
});
const follows = (...released: string[]): string => `{ released: [${released.join(', ')}] }`;
const PRODUCTION = '{ app: ledger }';
const TEST = '{ app: ledger, stage: test }';

describe("a run that follows another app's release", function () {
  this.timeout(20_000);
  let house: House;
  /** What was known of followers right after the commit of each promotion. */
  let atPromotion: string[][];
  beforeEach(async () => {
    atPromotion = [];
    const probe: Probe = async (point, { step }) => {
      if (point !== 'step-ended' || step !== 'production/promote') return;
      const rows = await house.engine.parts.store.read.selectFrom('release_followers').select('state').execute();
      atPromotion.push(rows.map(({ state }) => state));
    };
    house = await makeHouse({ hasty: true, parts: { limits: { perApp: 2, inAll: 10 }, probe } });
    for (const app of ['ledger', 'shop']) await house.engine.apps.create(app, 'user:ada');
  });
  afterEach(() => house.close());

  const turn = () => startTriggered(house.engine, house.world);
  const pushed = async (app: string, what: Record<string, string>): Promise<number> => {
    const number = await house.push(app, what);
    await house.through(app, number);
    return number;
  };
  const show = () => house.engine.triggers.show('shop');
  const followers = async (app: string) => {
    const found = await house.engine.apps.find(app);
    const runs = await house.engine.runs.summaries({ appId: found.id, limit: 50 });
    return runs.filter(({ trigger }) => trigger === 'released');
  };

  it('starts once when the release was promoted, at the head of its own branch, and says who caused it', async () => {
    await pushed('shop', files('shop', follows(PRODUCTION)));
    await turn();
    const cause = await pushed('ledger', files('ledger', '{}'));
    await Promise.all([turn(), turn()]);
    const [run, ...more] = await followers('shop');
    expect(more).to.deep.equal([]);
    expect(run).to.include({ ref: 'refs/heads/main', startedBy: 'rule:released' });
    const shown = await house.engine.runs.show('shop', run?.number ?? 0);
    expect(shown.cause).to.equal(`started by release 1 of ledger (run ${cause}), which came through production`);
    expect((await show()).followed[0]).to.include({ state: 'started', release: 1, run: run?.number });
    expect((await house.through('shop', run?.number ?? 0)).row.state).to.equal('succeeded');
  });

  it('starts when all of another stage is done, and for each stage that is named', async () => {
    await pushed('shop', files('shop', follows(TEST, PRODUCTION)));
    await turn();
    const gate = '{ approve: { role: qa } }';
    const number = await house.push('ledger', files('ledger', '{}', `{ test: ${gate}, production: ${gate} }`));
    const told = async () => {
      await house.settled('ledger', number);
      await turn();
      return (await show()).followed.map(({ stage }) => stage).sort();
    };
    const goOn = () =>
      house.engine.approvals.decide({ app: 'ledger', run: number, user: 'ada', vote: 'yes', reason: '' });
    expect(await told()).to.deep.equal([]);
    await goOn();
    expect(await told()).to.deep.equal(['test']);
    await goOn();
    expect(await told()).to.deep.equal(['production', 'test']);
    expect(await followers('shop')).to.have.length(2);
  });

  it('does not start for a release that is rolled back to', async () => {
    await pushed('ledger', files('ledger', '{}'));
    await pushed('ledger', { ...files('ledger', '{}'), more: '1' });
    await pushed('shop', files('shop', follows(PRODUCTION)));
    await turn();
    const back = await house.engine.runs.rollback({ app: 'ledger', reason: '' }, 'user:ada');
    expect((await house.settled('ledger', back.run)).row.state).to.equal('succeeded');
    await turn();
    expect((await show()).followed).to.deep.equal([]);
  });

  it('is refused where two apps would follow each other without end', async () => {
    await pushed('shop', files('shop', follows(PRODUCTION)));
    await pushed('ledger', files('ledger', '{ released: [{ app: shop }] }'));
    await turn();
    await pushed('ledger', { ...files('ledger', '{ released: [{ app: shop }] }'), more: '1' });
    await turn();
    const [run] = await followers('shop');
    await house.through('shop', run?.number ?? 0);
    await turn();
    expect(await followers('ledger')).to.deep.equal([]);
    const [refused] = (await house.engine.triggers.show('ledger')).followed;
    expect(refused).to.include({ state: 'refused', run: null });
    expect(refused?.reason).to.equal('they would follow one another without end: ledger → shop → ledger');
    const entries = await house.engine.audit.list({ chain: 'ledger', limit: 200 });
    expect(entries.some(({ action }) => action === 'triggers.refuse')).to.equal(true);
  });

  it('is noted with the promotion itself, so that whoever dies right after it loses nothing', async () => {
    await pushed('shop', files('shop', follows(PRODUCTION)));
    await turn();
    await pushed('ledger', files('ledger', '{}'));
    expect(atPromotion).to.deep.equal([[], ['pending']]);
    await turn();
    expect(await followers('shop')).to.have.length(1);
  });

  it('waits for room among the open runs', async () => {
    const gated = files('shop', follows(PRODUCTION), '{ production: { approve: { role: qa } } }');
    const waits = await house.push('shop', gated);
    await house.settled('shop', waits);
    await turn();
    await pushed('ledger', files('ledger', '{}'));
    const behind = await house.push('shop', { ...gated, more: '1' });
    await turn();
    expect((await show()).followed[0]).to.include({ state: 'pending', run: null });
    expect((await show()).followed[0]?.reason).to.include('2 open runs');
    for (const run of [behind, waits]) {
      await house.engine.runs.cancel({ app: 'shop', run, reason: '' }, 'user:ada');
      await house.settled('shop', run);
    }
    await turn();
    expect((await show()).followed[0]).to.include({ state: 'started', reason: '' });
  });

  it('does not start any more when its pipeline says so no longer', async () => {
    await pushed('shop', files('shop', follows(PRODUCTION)));
    await turn();
    await pushed('ledger', files('ledger', '{}'));
    await pushed('shop', files('shop', '{}'));
    await turn();
    expect(await followers('shop')).to.deep.equal([]);
    expect((await show()).followed[0]?.reason).to.include('does not name ledger production any more');
  });

  it('is read once more when the repository did not answer', async () => {
    await pushed('shop', files('shop', follows(PRODUCTION)));
    const { sources } = house.world;
    const broken = () => Promise.reject(new GantryError('unavailable', 'repository-unreadable', 'no answer'));
    await startTriggered(house.engine, { ...house.world, sources: { ...sources, readFile: broken } });
    expect(await show()).to.deep.include({ commit: null, released: [] });
    expect((await show()).reason).to.include('cannot be read: no answer');
    await turn();
    expect(await show()).to.deep.include({ reason: '', released: [{ app: 'ledger', stage: 'production' }] });
    expect((await show()).commit).to.match(/^[0-9a-f]{40}$/);
  });

  it('is read from a pipeline that can be read; another says what is wrong', async () => {
    await house.push('shop', { 'gantry.yml': 'app: shop\non: { released: [{ ap: ledger }] }\n' });
    await turn();
    expect((await show()).reason).to.match(/^gantry\.yml at [0-9a-f]{12} is refused: gantry\.yml:\d+:\d+: error/);
    await house.push('shop', files('market', follows(PRODUCTION)));
    await turn();
    expect((await show()).reason).to.include('says app: market');
  });
});
