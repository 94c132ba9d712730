import { expect } from 'chai';
import { addPerson } from '../engine/approvals/people';
import { type House, makeHouse } from '../support/house';

const FILES = {
  Dockerfile: 'FROM gantry/node\n',
  'gantry.yml': `app: shop
serve: { image: { dockerfile: Dockerfile }, port: 8080, health: { path: /health, within: 5s } }
stages:
  production: { approve: { role: release-manager, count: 2 } }
`,
};
const CALLS = 200;

describe('two hundred approvals at once', function () {
  this.timeout(60_000);
  let house: House;
  beforeEach(async () => {
    house = await makeHouse({ hasty: true, patienceMs: 20_000 });
    await addPerson(house.engine, 'ada', 'developer', 'admin');
    for (const name of ['grace', 'eve', 'olga']) await addPerson(house.engine, name, 'release-manager');
    await house.engine.apps.create('shop', 'user:ada');
    await house.settled('shop', await house.push('shop', FILES));
  });
  afterEach(() => house.close());

  const gateOf = async (run: number) => (await house.engine.runs.show('shop', run)).approvals.at(-1);
  const vote = (user: string, shown: string) =>
    house.engine.approvals.decide({ app: 'shop', run: 1, user, vote: 'yes', reason: '', shown }).then(
      () => 'taken',
      (error: Error & { code?: string }) => error.code,
    );
  const promotions = async () =>
    (await house.engine.audit.list({ limit: 200 })).filter(({ action }) => action === 'approval.use');

  it('of one person are one voice, and open no gate that wants two [S29]', async () => {
    const shown = (await gateOf(1))?.boundHash ?? '';
    const answers = await Promise.all(Array.from({ length: CALLS }, () => vote('grace', shown)));
    expect(answers.filter((answer) => answer === 'taken').length).to.be.at.least(1);
    const gate = await gateOf(1);
    expect([gate?.state, gate?.votes.length]).to.deep.equal(['requested', 1]);
  });

  it('are used for what was shown or not at all, with a new push among them [S29]', async () => {
    const shown = (await gateOf(1))?.boundHash ?? '';
    const votes = Array.from({ length: CALLS }, (_, i) => vote(['grace', 'eve', 'olga'][i % 3] ?? '', shown));
    const pushed = house.push('shop', { ...FILES, 'new.txt': 'newer' });
    await Promise.all(votes);
    const second = await pushed;
    const { row: first } = await house.settled('shop', 1);
    await house.settled('shop', second);
    expect(first.state).to.be.oneOf(['succeeded', 'cancelled', 'superseded']);
    const gate = await gateOf(1);
    expect(gate?.votes.length, 'no voice twice').to.be.at.most(3);
    expect(gate?.state === 'consumed', 'used exactly when it was carried out').to.equal(first.state === 'succeeded');
    expect((await gateOf(second))?.votes, 'nobody has agreed to the newer one').to.deep.equal([]);
    expect((await gateOf(second))?.state).to.equal('requested');
    expect((await promotions()).length).to.be.at.most(1);
  });
});
