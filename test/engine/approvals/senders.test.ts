import { expect } from 'chai';
import { GateHouse, gated } from './gate-house';

const MALLORY = { kind: 'github', name: 'mallory-m' };
const github = (name: string) => ({ kind: 'github', name });

describe('who pushed, as a forge says', function () {
  this.timeout(30_000);
  let gates: GateHouse;
  beforeEach(async () => {
    gates = await GateHouse.make('grace', 'eve', 'mallory');
    for (const user of ['eve', 'mallory']) {
      await gates.house.engine.users.link({ user, kind: 'github', name: `${user}-${user[0]}` }, 'user:ada');
    }
    await gates.house.push('shop', gated());
    await gates.settled(1);
    expect(await gates.yes('grace', 1)).to.equal('granted');
    expect(await gates.settled(1)).to.match(/^succeeded/);
  });
  afterEach(() => gates.close());

  it('does not decide over it, whoever the commits name as their author', async () => {
    await gates.tellOf(await gates.commitBy('ada@example.org'), [MALLORY]);
    expect(await gates.settled(2)).to.match(/^waiting/);
    expect(await gates.yes('mallory', 2)).to.equal('approval-own');
    expect(await gates.yes('grace', 2)).to.equal('granted');
  });

  it('is held against for commits of unknown people, who may be them', async () => {
    await gates.tellOf(await gates.commitBy('m@elsewhere.org'), [github('Eve-E')]);
    expect(await gates.settled(2)).to.match(/^waiting/);
    expect(await gates.yes('eve', 2)).to.equal('approval-own');
    expect(await gates.yes('grace', 2)).to.equal('granted');
  });

  it('is everybody whose hooks were followed at once, and of later pushes as well', async () => {
    await gates.tellOf(await gates.commitBy('ada@example.org'), [MALLORY, github('eve-e')]);
    await gates.endWaiting(2);
    await gates.tellOf(await gates.commitBy('ada@example.org'), [github('stranger')]);
    expect(await gates.settled(3)).to.match(/^waiting/);
    for (const user of ['mallory', 'eve']) expect(await gates.yes(user, 3), user).to.equal('approval-own');
    expect(await gates.yes('grace', 3)).to.equal('granted');
  });

  it('keeps nobody else out when they are linked to nobody, as long as the author is known', async () => {
    await gates.tellOf(await gates.commitBy('ada@example.org'), [github('stranger')]);
    expect(await gates.settled(2)).to.match(/^waiting/);
    expect(await gates.yes('mallory', 2)).to.equal('granted');
  });

  it('is named when neither they nor the author are known: the gate never opens', async () => {
    await gates.tellOf(await gates.commitBy('m@elsewhere.org'), [github('stranger')]);
    const why = await gates.settled(2);
    expect(why)
      .to.match(/^failed/)
      .and.contain('is by m@elsewhere.org, which is linked to nobody');
    expect(why).to.contain('and neither is stranger (github), who pushed');
  });

  it('is not known as long as one of the hooks does not say', async () => {
    await gates.tellOf(await gates.commitBy('m@elsewhere.org'), [MALLORY, undefined]);
    expect(await gates.settled(2)).to.contain('it is not known who pushed it');
  });

  it('counts when the hook comes after the push was found, in the runs that are open as well', async () => {
    const head = await gates.commitBy('ada@example.org');
    await gates.tellOf(head, [undefined]);
    expect(await gates.settled(2)).to.match(/^waiting/);
    expect(await gates.tellOf(head, [MALLORY])).to.equal(2);
    expect(await gates.yes('mallory', 2)).to.equal('approval-own');
    await gates.endWaiting(2);
    await gates.tellOf(await gates.commitBy('ada@example.org'), [github('stranger')]);
    expect(await gates.settled(3)).to.match(/^waiting/);
    expect(await gates.yes('mallory', 3), 'the next push carries it, too').to.equal('approval-own');
  });
});
