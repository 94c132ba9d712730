import { rejects } from 'node:assert';
import { expect } from 'chai';
import { WAITING_MAX } from '../../../engine/outbox/put';
import type { MessageTaken } from '../../../engine/outbox/take-message';
import { tellingChecks } from '../../../runners/doctor';
import { FILES, failRun, makeTold, type Told } from './support';

const DAY_MS = 24 * 3_600_000;
const LATER = { kind: 'later', reason: 'it does not answer' } as const;
const SENT = { kind: 'sent' } as const;

describe('messages that wait for a channel', () => {
  let told: Told;
  let number: number;
  beforeEach(async () => {
    told = await makeTold(true);
    await told.collect();
    number = await told.house.push('shop', FILES);
  });
  afterEach(() => told.house.close());

  const engine = () => told.house.engine;
  const add = (name = 'ops', more: Partial<Parameters<ReturnType<typeof engine>['channels']['add']>[0]> = {}) =>
    engine().channels.add({ name, kind: 'slack', to: 'https://chat.example/services/T0/s3cret', ...more }, 'user:ada');
  const shown = (name = 'ops') => engine().channels.show(name);
  const take = async (name = 'ops'): Promise<MessageTaken> => {
    const taken = await engine().outbox.take(name);
    if (taken === undefined) throw new Error('nothing waits');
    return taken;
  };
  const fail = () => failRun(told.house, number);

  it('are those of what happened since it was added, once however often somebody looks', async () => {
    await fail();
    await add();
    await told.collect();
    expect((await shown()).waiting).to.equal(0);
    await fail();
    await Promise.all([told.collect(), told.collect()]);
    await told.collect();
    expect((await shown()).waiting).to.equal(1);
    const { message } = await take();
    expect(message).to.include({
      kind: 'failed',
      app: 'shop',
      run: number,
      link: `http://gantry/apps/shop/runs/${number}`,
    });
  });

  it('are of the app and the kinds that it asked for', async () => {
    await engine().apps.create('other', 'user:ada');
    await add('all');
    await add('own', { app: 'shop', on: ['failed', 'released'] });
    await add('others', { app: 'other' });
    await add('gates', { on: ['approval'] });
    await fail();
    await told.collect();
    const waiting = (await engine().channels.list()).map(({ name, waiting }) => `${name} ${waiting}`);
    expect(waiting).to.eql(['all 1', 'gates 0', 'others 0', 'own 1']);
  });

  it('go one at a time, in the order in which things happened', async () => {
    await add();
    for (let i = 0; i < 3; i++) await fail();
    await told.collect();
    const first = await take();
    expect(await engine().outbox.take('ops')).to.equal(undefined);
    await engine().outbox.settle(first, SENT);
    const second = await take();
    expect(second.id).not.to.equal(first.id);
    await engine().outbox.settle(second, SENT);
    expect(await shown()).to.include({ waiting: 1, sentId: second.id, trouble: '' });
  });

  it('are tried again later and later, with the same id, and what is wrong is shown', async () => {
    await add();
    await fail();
    await told.collect();
    const ids = new Set<string>();
    let waited = 0;
    for (let wait = 2_000; wait <= 8_000; wait *= 2) {
      const taken = await take();
      ids.add(taken.id);
      await engine().outbox.settle(taken, LATER);
      expect(await engine().outbox.take('ops')).to.equal(undefined);
      told.later(wait - 500);
      expect(await engine().outbox.take('ops')).to.equal(undefined);
      told.later(500);
      waited += wait;
    }
    expect([ids.size, waited]).to.eql([1, 14_000]);
    expect(await shown()).to.include({ waiting: 1, trouble: 'it does not answer' });
    await engine().outbox.settle(await take(), SENT);
    expect(await shown()).to.include({ waiting: 0, trouble: '', retryAt: null });
  });

  it('wait for as long as the other side asks', async () => {
    await add();
    await fail();
    await told.collect();
    await engine().outbox.settle(await take(), { ...LATER, afterMs: 60_000 });
    told.later(59_000);
    expect(await engine().outbox.take('ops')).to.equal(undefined);
    told.later(1_000);
    await take();
  });

  it('are given up after a day, and it is said how many', async () => {
    await add();
    await fail();
    await told.collect();
    await engine().outbox.settle(await take(), LATER);
    told.later(DAY_MS + 1);
    await fail();
    await told.collect();
    const next = await take();
    await engine().outbox.settle(next, LATER);
    expect(await shown()).to.include({ waiting: 1, dropped: 1 });
  });

  it('are refused for good without holding up the next one', async () => {
    await add();
    await fail();
    await fail();
    await told.collect();
    await engine().outbox.settle(await take(), { kind: 'refused', reason: 'status 400' });
    expect(await shown()).to.include({ waiting: 1, dropped: 1, trouble: 'status 400' });
    await take();
  });

  it('are bounded: the oldest go', async function () {
    this.timeout(20_000);
    await add();
    for (let i = 0; i < 3; i++) await engine().channels.try('ops', '', 'user:ada');
    const oldest = await take();
    await engine().parts.store.write(async (tx) => {
      const row = { channel: 'ops', position: 1_000_000, body: JSON.stringify(oldest.message), at: Date.now() };
      for (let i = 0; i < WAITING_MAX; i++) {
        await tx
          .insertInto('outbox')
          .values({ ...row, id: `made-${i}` as never })
          .execute();
      }
    });
    await engine().channels.try('ops', '', 'user:ada');
    expect(await shown()).to.include({ waiting: WAITING_MAX, dropped: 4 });
    expect((await shown()).trouble).to.include('the oldest were given up');
  });

  it('are not taken away by somebody who comes too late', async () => {
    await add();
    await fail();
    await told.collect();
    const late = await take();
    // The minute that a claim lasts has passed by the database's clock.
    await engine().parts.store.write((tx) => tx.updateTable('outgoing_lines').set({ claimed_until: 0 }).execute());
    const taken = await take();
    await engine().outbox.settle(late, LATER);
    expect(await shown()).to.include({ trouble: '', waiting: 1 });
    await engine().outbox.settle(taken, SENT);
    expect((await shown()).waiting).to.equal(0);
  });

  it('cost nothing while nobody is told', async () => {
    const before = await cursor();
    for (let i = 0; i < 20; i++) await fail();
    await told.collect();
    expect(await cursor()).to.equal(before);
  });
  const cursor = async () =>
    (await engine().parts.store.read.selectFrom('meta').select('value').where('key', '=', 'outbox-cursor').execute())[0]
      ?.value;

  describe('its address', () => {
    it('is sealed, and shown by its host alone', async () => {
      await add('ding', {
        kind: 'dingtalk',
        to: 'https://oapi.dingtalk.com/robot/send?access_token=s3cret',
        secret: 'SECs3cret',
      });
      expect(await shown('ding')).to.include({ to: 'https://oapi.dingtalk.com/…', kind: 'dingtalk' });
      const rows = await engine().parts.store.read.selectFrom('channels').selectAll().execute();
      const audit = await engine().parts.store.read.selectFrom('audit').selectAll().execute();
      expect(JSON.stringify([rows, audit, await shown('ding')])).not.to.include('s3cret');
      await engine().channels.try('ding', '', 'user:ada');
      const taken = await take('ding');
      expect(taken.address()).to.eql({
        to: 'https://oapi.dingtalk.com/robot/send?access_token=s3cret',
        secret: 'SECs3cret',
      });
    });

    const refused: [string, Parameters<typeof add>[1], string][] = [
      ['is no mail address', { kind: 'email', to: 'ada' }, 'channel-address'],
      ['names a header in a mail address', { kind: 'email', to: 'a@b.example\nBcc: c@d.example' }, 'channel-address'],
      ['is no URL', { to: 'chat' }, 'channel-address'],
      ['is a file', { to: 'file:///etc/passwd' }, 'channel-address'],
      ['has a password', { to: 'https://a:s3cret@chat.example/' }, 'channel-address'],
      ['has a secret that nothing signs with', { secret: 'SEC12345678' }, 'channel-secret'],
      ['has a secret of a webhook that is none', { kind: 'webhook', secret: 'SEC12345678' }, 'channel-secret'],
      ['is of a kind that is not there', { kind: 'fax' }, 'channel-kind'],
      ['asks for what is never told', { on: ['lunch'] }, 'channel-on'],
      ['is of an app that is not there', { app: 'nope' }, 'app-unknown'],
    ];
    for (const [why, more, code] of refused) {
      it(`is refused when it ${why}, and nothing is kept`, async () => {
        const error = await add('bad', more).then(
          () => undefined,
          (thrown: Error & { code: string; next: string }) => thrown,
        );
        expect(error?.code).to.equal(code);
        expect(`${error?.message} ${error?.next}`).not.to.include('s3cret');
        expect(await engine().channels.list()).to.eql([]);
      });
    }
  });

  it('are made for a webhook with a secret that is told once', async () => {
    const { secret } = await add('hook', { kind: 'webhook', to: 'https://in.example/hook' });
    expect(secret).to.match(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(JSON.stringify(await shown('hook'))).not.to.include(secret);
  });

  it('go with their channel, which may be added again', async () => {
    await add();
    await fail();
    await told.collect();
    const taken = await take();
    await engine().channels.remove('ops', 'user:ada');
    await engine().outbox.settle(taken, SENT);
    await rejects(shown(), { code: 'channel-unknown' });
    await rejects(engine().channels.remove('ops', 'user:ada'), { code: 'channel-unknown' });
    await add();
    expect(await shown()).to.include({ waiting: 0, sentAt: null });
    await rejects(add(), { code: 'channel-taken' });
  });
});

describe('the doctor', () => {
  let told: Told;
  before(async () => {
    told = await makeTold(true);
  });
  after(() => told.house.close());

  it('names a channel that does not take what it is told, and where to look', async () => {
    const { channels, outbox, parts } = told.house.engine;
    await channels.add({ name: 'ops', kind: 'slack', to: 'https://chat.example/s3cret' }, 'user:ada');
    expect(await tellingChecks(parts.store)).to.eql([]);
    for (let i = 0; i < 2; i++) await channels.try('ops', '', 'user:ada');
    const taken = await outbox.take('ops');
    if (taken !== undefined) await outbox.settle(taken, LATER);
    const [check, ...more] = await tellingChecks(parts.store);
    expect(more).to.eql([]);
    expect(check).to.include({ name: 'channel ops', state: 'warn', found: LATER.reason });
    expect(check?.mend).to.equal('see: gantry channel show ops');
  });
});
