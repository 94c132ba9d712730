import { expect } from 'chai';
import { Teller } from '../../../runners/control/tell';
import { FILES, failRun, LINKS, makeTold, type Told } from '../../engine/outbox/support';
import { Receiver } from '../../support/receiver';

const NEVER = new AbortController().signal;

describe('the loop that tells what has happened', () => {
  const receiver = new Receiver();
  let told: Told;
  let teller: Teller;
  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(async () => {
    receiver.clear();
    told = await makeTold();
    const now = () => told.house.engine.parts.clock.now();
    teller = new Teller(told.house.engine, { outgoing: receiver.outgoing, mailer: undefined, now, links: LINKS });
    await turn();
  });
  afterEach(() => told.house.close());
  const turn = () => teller.turn(NEVER);
  const came = () => receiver.received.map(({ path, body }) => `${path.split('/')[1]} ${body.slice(0, 200)}`);
  const add = (name: string) =>
    told.house.engine.channels.add({ name, kind: 'slack', to: `https://chat.example/${name}` }, 'user:ada');
  const connect = () =>
    told.house.engine.apps.connect({ app: 'shop', url: 'https://github.com/bank/shop.git', token: 'tok' }, 'user:ada');

  it('brings a run to people and to its forge', async () => {
    await add('ops');
    await connect();
    await told.house.through('shop', await told.house.push('shop', FILES));
    await turn();
    expect(
      came()
        .filter((one) => one.startsWith('ops'))
        .join(),
    ).to.include('is in production');
    expect(receiver.received.filter(({ path }) => path.includes('/statuses/'))).to.have.length(3);
    receiver.received.length = 0;
    await turn();
    expect(came()).to.eql([]);
  });

  it('tells the others while one hangs, and that one later', async () => {
    await add('hangs');
    await add('ops');
    await failRun(told.house, await told.house.push('shop', FILES));
    receiver.usual = ({ path }) => (path === '/hangs' ? 'silence' : { status: 200 });
    await turn();
    expect(
      came()
        .map((one) => one.split(' ')[0])
        .sort(),
    ).to.include.members(['hangs', 'ops']);
    const { waiting, trouble } = await told.house.engine.channels.show('hangs');
    expect([waiting > 0, trouble]).to.eql([true, '127.0.0.1 did not answer within 0.3 s']);
    expect(await told.house.engine.channels.show('ops')).to.include({ waiting: 0, trouble: '' });
  });

  it('says it again after a kill between sending and recording, as the same message', async () => {
    const { engine } = told.house;
    await engine.channels.add({ name: 'hook', kind: 'webhook', to: 'https://in.example/hook' }, 'user:ada');
    await engine.channels.try('hook', '', 'user:ada');
    const { settle } = engine.outbox;
    engine.outbox.settle = () => Promise.reject(new Error('killed'));
    await turn().catch(() => undefined);
    engine.outbox.settle = settle;
    // The next life waits until the claim of the dead one is over.
    await turn();
    expect(receiver.received).to.have.length(1);
    await engine.parts.store.write((tx) => tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).execute());
    await turn();
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    expect([ids.length, new Set(ids).size]).to.eql([2, 1]);
    expect((await engine.channels.show('hook')).waiting).to.equal(0);
  });

  it('says at the channel that its address cannot be unsealed, and keeps the message', async () => {
    const { engine } = told.house;
    await add('ops');
    await engine.channels.try('ops', '', 'user:ada');
    await engine.parts.store.write((tx) => tx.updateTable('channels').set({ sealed: 'sealed1.nonsense' }).execute());
    await turn();
    const { waiting, trouble } = await engine.channels.show('ops');
    expect([waiting, trouble === '', receiver.received]).to.eql([1, false, []]);
  });

  it('shows no token to a source that the app was not connected to with it', async () => {
    const { engine } = told.house;
    await connect();
    await told.house.through('shop', await told.house.push('shop', FILES));
    await told.collect();
    const { take } = engine.forges;
    engine.forges.take = async (app) => {
      const taken = await take(app);
      return taken && { ...taken, url: 'https://evil.example/bank/shop.git' };
    };
    await turn();
    engine.forges.take = take;
    expect(receiver.received).to.eql([]);
  });
});
