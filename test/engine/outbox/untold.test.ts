import { expect } from 'chai';
import type { AppId } from '../../../engine/model/ids';
import { FILES, failRun, makeTold, type Told } from './support';

const GITHUB = 'https://github.com/bank/shop.git';
const MISSING = { kind: 'refused', reason: 'github.com has no such place (404)' } as const;

describe('what was not told of a run', () => {
  let told: Told;
  let app: AppId;
  let number: number;
  beforeEach(async () => {
    told = await makeTold();
    await told.collect();
    app = (await engine().apps.find('shop')).id;
    await engine().apps.connect({ app: 'shop', url: GITHUB, token: 'tok-1' }, 'user:ada');
    number = await told.house.push('shop', FILES);
    await told.house.through('shop', number);
    await told.collect();
  });
  afterEach(() => told.house.close());

  const engine = () => told.house.engine;
  const why = (run = number) => engine().runs.why('shop', run);
  const shown = async () => (await engine().runs.show('shop', number)).untold;
  /** A turn of a runner, in which the forge takes everything but the stage `test`. */
  const turn = async () => {
    for (let taken = await engine().forges.take(app); taken !== undefined; taken = await engine().forges.take(app)) {
      await engine().forges.settle(taken, taken.context.endsWith('/test') ? MISSING : { kind: 'sent' });
    }
  };
  const AGAIN = /it is tried again at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/;

  it('is nothing while it is on its way, and when it has arrived', async () => {
    expect([await shown(), (await why()).sentences]).to.eql([[], ['it has ended: succeeded']]);
    for (let taken = await engine().forges.take(app); taken !== undefined; taken = await engine().forges.take(app)) {
      await engine().forges.settle(taken, { kind: 'sent' });
    }
    expect([await shown(), (await why()).commands]).to.eql([[], []]);
  });

  it('is the place that its forge refuses, why, and when it is tried again', async () => {
    await turn();
    const { waits, sentences, commands } = await why();
    expect([waits, sentences.length, sentences[0]]).to.eql([false, 2, 'it has ended: succeeded']);
    expect(sentences[1])
      .to.match(/^its forge does not show gantry\/shop\/test: github\.com has no such place \(404\); /)
      .and.match(AGAIN);
    expect(commands).to.eql(['gantry app show shop']);
    expect(await shown()).to.eql(sentences.slice(1));
    for (let tries = 1; tries < 5; tries++) {
      told.later(600_000);
      await turn();
    }
    expect((await shown())[0]).to.match(/^its forge does not show gantry\/shop\/test: .*; it was given up$/);
  });

  it('is everything of it while the forge is away, and nothing once that is over', async () => {
    const taken = await engine().forges.take(app);
    if (taken === undefined) throw new Error('nothing waits');
    await engine().forges.settle(taken, { kind: 'later', reason: 'github.com answered with status 500' });
    const all = 'gantry/shop/build, gantry/shop/production, gantry/shop/test';
    expect(await shown()).to.have.length(1);
    expect((await shown())[0])
      .to.match(new RegExp(`^its forge does not show ${all}: github.com answered with status 500; `))
      .and.match(AGAIN);
    const second = await told.house.push('shop', { ...FILES, more: 'a commit of its own' });
    expect((await engine().runs.show('shop', second)).untold).to.eql([]);
    await told.house.through('shop', second);
    told.later(60_000);
    for (let next = await engine().forges.take(app); next !== undefined; next = await engine().forges.take(app)) {
      await engine().forges.settle(next, { kind: 'sent' });
    }
    expect(await shown()).to.eql([]);
  });

  it('is what a channel does not take, without what it answers', async () => {
    const to = 'https://hooks.bank.example/in?key=s3cret';
    await engine().channels.add({ name: 'ops', kind: 'slack', to }, 'user:ada');
    await failRun(told.house, number);
    await told.collect();
    expect(await shown()).to.eql([]);
    const taken = await engine().outbox.take('ops');
    if (taken === undefined) throw new Error('nothing waits');
    await engine().outbox.settle(taken, { kind: 'later', reason: 'it answered with status 500 at 10.1.2.3' });
    const { sentences, commands } = await why();
    expect(sentences.at(-1))
      .to.match(/^channel ops was not told of it yet: /)
      .and.match(AGAIN);
    expect(commands).to.eql(['gantry channel show ops']);
    told.later(60_000);
    const again = await engine().outbox.take('ops');
    if (again === undefined) throw new Error('nothing waits any more');
    await engine().outbox.settle(again, { kind: 'sent' });
    expect(await shown()).to.eql([]);
  });
});
