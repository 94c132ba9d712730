import { expect } from 'chai';
import { readPeople } from '../../../runners/control/read-people';
import { GateHouse, gated } from './gate-house';

/** Whoever waits there does not hold production: it changes meanwhile. */
const EARLY = '  test: { approve: { role: release-manager } }\n  production: {}';

describe('who took part beyond production', function () {
  this.timeout(40_000);
  let gates: GateHouse;
  beforeEach(async () => {
    gates = await GateHouse.make('grace', 'eve', 'mallory');
  });
  afterEach(() => gates.close());

  const push = (what: Record<string, string> | string) => gates.house.push('shop', what);
  const pushBy = async (name: string) => push(await gates.commitBy(`${name}@example.org`));
  const promoted = async (number: number, by: string) => {
    expect(await gates.settled(number)).to.match(/^waiting/);
    expect(await gates.yes(by, number)).to.equal('granted');
    expect(await gates.settled(number)).to.match(/^succeeded/);
  };
  const readAgain = () => readPeople(gates.house.engine, gates.house.world);
  const rollBack = async () => {
    const back = { app: 'shop', reason: 'worse' };
    const { run } = await gates.house.engine.runs.rollback(back, 'user:ada');
    gates.house.worker.wake();
    expect(await gates.settled(run)).to.match(/^succeeded/);
  };
  /** The releases of runs 1 and 2 came to production, and run 3 is at its gate. */
  const untilThird = async () => {
    await promoted(await push(gated(EARLY)), 'grace');
    await promoted(await pushBy('eve'), 'grace');
    const third = await pushBy('mallory');
    expect(await gates.settled(third)).to.match(/^waiting/);
    return third;
  };

  it('is everybody whose commits production has no more, once it was taken back', async () => {
    const third = await untilThird();
    await rollBack();
    expect(await gates.yes('eve', third), 'bound to another release').to.equal('approval-changed');
    expect(await gates.yes('eve', third), 'nobody knows yet').to.equal('people-unread');
    expect(await gates.yes('grace', third)).to.equal('people-unread');
    await readAgain();
    expect(await gates.yes('eve', third)).to.equal('approval-own');
    expect(await gates.yes('mallory', third)).to.equal('approval-own');
    expect(await gates.yes('grace', third)).to.equal('granted');
  });

  it('is read for a run that is started once more, too', async () => {
    const third = await untilThird();
    await gates.endWaiting(third);
    await rollBack();
    const wanted = { app: 'shop', run: third, reason: '' };
    const { run: again } = await gates.house.engine.runs.restart(wanted, 'user:ada');
    gates.house.worker.wake();
    expect(await gates.settled(again)).to.match(/^waiting/);
    expect(await gates.yes('grace', again)).to.equal('people-unread');
    await readAgain();
    for (const user of ['eve', 'mallory']) expect(await gates.yes(user, again), user).to.equal('approval-own');
    expect(await gates.yes('grace', again)).to.equal('granted');
  });

  it('may say no before that is read', async () => {
    const third = await untilThird();
    await rollBack();
    expect(await gates.yes('eve', third)).to.equal('approval-changed');
    expect(await gates.yes('eve', third, { vote: 'no' })).to.equal('rejected');
  });

  it('is read once for each change of production', async () => {
    const third = await untilThird();
    const { approvals } = gates.house.engine;
    expect(await approvals.toRead()).to.deep.equal([]);
    await rollBack();
    expect((await approvals.toRead()).map(({ run }) => run.number)).to.deep.equal([third]);
    await readAgain();
    expect(await approvals.toRead()).to.deep.equal([]);
  });

  it('is not noted of what production has left meanwhile', async () => {
    await untilThird();
    const { approvals } = gates.house.engine;
    await rollBack();
    const [read] = await approvals.toRead();
    if (read === undefined) throw new Error('nothing is to be read');
    await approvals.noteAgain(
      { ...read, beyond: { ...read.beyond, hash: 'e'.repeat(64) } },
      { people: [], problem: '' },
    );
    expect(await approvals.toRead()).to.have.length(1);
  });

  it('ends the run when nobody knows who that is', async () => {
    const third = await untilThird();
    await gates.house.engine.users.unlink({ user: 'mallory', kind: 'email', name: 'mallory@example.org' }, 'user:ada');
    await gates.house.engine.parts.store.write((tx) =>
      tx.updateTable('deliveries').set({ pusher: 'user:gone' }).execute(),
    );
    await rollBack();
    await readAgain();
    expect(await gates.settled(third))
      .to.match(/^failed/)
      .and.contain('by mallory@example.org, which is linked to nobody');
    expect(await gates.gate(third)).to.include({ state: 'voided' });
  });

  it('is everybody who pushed before, when nothing has come to production yet', async () => {
    await gates.endWaiting(await push(gated()));
    await gates.endWaiting(await pushBy('eve'));
    const third = await pushBy('mallory');
    expect(await gates.settled(third)).to.match(/^waiting/);
    for (const user of ['eve', 'mallory']) expect(await gates.yes(user, third), user).to.equal('approval-own');
    expect(await gates.yes('grace', third)).to.equal('granted');
  });

  it('is nobody who wrote what was there before the first push that Gantry was told of', async () => {
    const files = gated();
    await gates.house.push('shop', files);
    await gates.endWaiting(1);
    const before = await gates.commitBy('eve@example.org');
    const after = await gates.commitBy('mallory@example.org');
    const { deliveries, parts } = gates.house.engine;
    await parts.store.write((tx) => tx.deleteFrom('deliveries').execute());
    const told = { app: 'shop', source: 'git-push', ref: 'refs/heads/main', before, after, pusher: 'user:mallory' };
    const [accepted] = await deliveries.accept(told, 'user:mallory');
    gates.house.worker.wake();
    const number = accepted?.run?.number ?? 0;
    expect(await gates.settled(number)).to.match(/^waiting/);
    expect(await gates.yes('mallory', number)).to.equal('approval-own');
    expect(await gates.yes('eve', number)).to.equal('granted');
  });
});
