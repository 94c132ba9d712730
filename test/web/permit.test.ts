import { once } from 'node:events';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { Action } from '../../engine/users/actions';
import { type House, makeHouse } from './support/house';
import { type Guest, guestIn, guestWith, refusalOf } from './support/people';
import { until } from './support/until';

interface Entry {
  chain: string;
  actor: string;
  action: string;
  object: string;
}

describe('what somebody may', function () {
  this.timeout(15_000);
  let house: House;
  let now = Date.now();
  beforeEach(async () => {
    house = await makeHouse({ clock: { now: () => now } });
    for (const name of ['storefront', 'ledger']) await house.post('/api/v1/apps', { name });
  });
  afterEach(() => house.close());

  const push = (app: string, after: string) => {
    const from = { source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40), pusher: 'owner' };
    return house.engine.deliveries.accept({ app, after, ...from }, 'user:owner');
  };
  const refusals = async (): Promise<Entry[]> => {
    const { items } = await house.json<{ items: Entry[] }>('/api/v1/audit');
    return items.filter(({ action }) => action === 'access.refused');
  };

  it('is told in one sentence, with the role that would do', async () => {
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    expect(await refusalOf(await ada.post('/api/v1/apps/storefront/rollback'))).to.deep.equal({
      status: 403,
      code: 'not-permitted',
      message: 'to take a release back at storefront takes one of the roles release-manager, operator',
      next: 'ask an admin: gantry role grant ada release-manager --app storefront',
    });
    expect((await refusalOf(await ada.post('/api/v1/apps', { name: 'mine' }))).next).to.equal(
      'ask an admin: gantry role grant ada admin',
    );
  });

  it('does not tell an app that one may not see from one that does not exist [S33]', async () => {
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    for (const path of ['', '/gray', '/releases', '/runs', '/runs/1', '/instances', '/logs']) {
      const seen = [];
      for (const app of ['ledger', 'nothere']) {
        const answer = await ada.ask(`/api/v1/apps/${app}${path}`);
        seen.push([answer.status, [...answer.headers.keys()], (await answer.text()).replaceAll(app, 'APP')]);
      }
      expect(seen[0], path).to.deep.equal(seen[1]);
    }
    const runs = await refusalOf(await ada.ask('/api/v1/runs?app=ledger'));
    expect([runs.status, runs.code]).to.deep.equal([404, 'app-unknown']);
    expect((await ada.ask('/api/v1/events?app=ledger')).status).to.equal(404);
  });

  it('narrows every list to the apps that one may see [S33]', async () => {
    const ada = await guestIn(house, 'ada', 'viewer', 'storefront');
    const ben = await guestIn(house, 'ben');
    for (const [i, app] of ['storefront', 'ledger', 'storefront', 'ledger'].entries())
      await push(app, `${i + 1}`.repeat(40));
    const names = async (guest: Guest, path: string, key: string) =>
      (await guest.json<{ items: Record<string, string>[] }>(path)).items.map((item) => item[key]);
    expect(await names(ada, '/api/v1/apps', 'name')).to.deep.equal(['storefront']);
    expect(await names(ada, '/api/v1/runs', 'app')).to.deep.equal(['storefront', 'storefront']);
    for (const list of ['apps', 'runs', 'environments']) {
      expect(await names(ben, `/api/v1/${list}`, 'name'), list).to.deep.equal([]);
    }
    const session = await house.engine.signin.byToken(ada.token, { agent: 'test', address: '::1' });
    const overview = await house.ask('/', { as: 'nobody', headers: { cookie: `gantry_session=${session?.secret}` } });
    expect(await overview.text())
      .to.include('storefront')
      .and.not.include('ledger');
  });

  it('lists runs of several apps newest first, page by page, as whoever sees all', async () => {
    await house.post('/api/v1/apps', { name: 'secret' });
    const ada = await guestIn(house, 'ada', 'viewer', 'storefront');
    await house.engine.users.grant({ user: 'ada', role: 'viewer', app: 'ledger' }, 'rule:test');
    for (let i = 1; i <= 9; i += 1) {
      now += i % 2;
      await push(['storefront', 'ledger', 'secret'][i % 3] ?? '', `${i}`.repeat(40));
    }
    interface Page {
      items: { app: string; number: number }[];
      next: string | null;
    }
    const all = (await house.json<Page>('/api/v1/runs')).items.filter(({ app }) => app !== 'secret');
    const paged: Page['items'] = [];
    for (let next: string | null = ''; next !== null; ) {
      const page: Page = await ada.json<Page>(`/api/v1/runs?limit=2${next && `&before=${next}`}`);
      paged.push(...page.items);
      next = page.next;
    }
    const short = (items: Page['items']) => items.map(({ app, number }) => `${app}#${number}`);
    expect(short(paged)).to.deep.equal(short(all)).and.to.have.length(6);
  });

  it('narrows the feed of events to the apps that one may see [S33]', async () => {
    const ada = await guestIn(house, 'ada', 'viewer', 'storefront');
    const stream = await ada.open('/api/v1/events?after=0');
    let text = '';
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    await push('ledger', '1'.repeat(40));
    await push('storefront', '2'.repeat(40));
    await until(() => text.includes('"app":"storefront"'));
    expect(text).to.not.include('ledger');
    stream.destroy();
  });

  it('is bounded by the token that one uses, and never widened by it', async () => {
    const ada = await guestIn(house, 'ada', 'developer');
    const { id, name } = (await house.engine.signin.ofToken(ada.token))?.principal.user ?? {
      id: '' as never,
      name: '',
    };
    const made = async (may: Action[], app?: string) => {
      const wanted = { name: `${may.join('-')}${app ?? ''}`, may, ...(app === undefined ? {} : { app }) };
      return guestWith(house, name, (await house.engine.signin.createToken({ id, name }, wanted)).token);
    };
    const reads = await made(['read'], 'storefront');
    expect((await reads.ask('/api/v1/apps/storefront')).status).to.equal(200);
    expect((await reads.ask('/api/v1/apps/ledger')).status).to.equal(404);
    expect((await reads.json<{ items: unknown[] }>('/api/v1/apps')).items).to.have.length(1);
    const refused = await refusalOf(await reads.post('/api/v1/apps/storefront/runs/1/cancel'));
    expect(refused.message).to.equal('this token is not to start, cancel or repeat a run at storefront');
    const wide = await made(['rollback', 'people']);
    const denied = await refusalOf(await wide.post('/api/v1/apps/storefront/rollback'));
    expect(denied.message).to.include('takes one of the roles release-manager, operator');
    expect((await wide.ask('/api/v1/users')).status).to.equal(403);
  });

  it('is needed at every app of a repository to fetch from it, or to push to it', async () => {
    await house.post('/api/v1/apps', { name: 'stock', path: 'stock', repository: 'storefront' });
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    const basic = { authorization: `Basic ${Buffer.from(`x:${ada.token}`).toString('base64')}` };
    const refs = (app: string, service: string) =>
      house.ask(`/git/${app}.git/info/refs?service=git-${service}-pack`, { as: 'nobody', headers: basic });
    expect((await refs('storefront', 'upload')).status).to.equal(404);
    await house.engine.users.grant({ user: 'ada', role: 'viewer', app: 'stock' }, 'rule:test');
    expect((await refs('storefront', 'upload')).status).to.equal(200);
    const refused = await refs('storefront', 'receive');
    expect([refused.status, await refused.text()]).to.deep.equal([
      403,
      'to push commits at stock takes the role developer; ask an admin: gantry role grant ada developer --app stock\n',
    ]);
    await house.engine.users.grant({ user: 'ada', role: 'developer', app: 'stock' }, 'rule:test');
    expect((await refs('storefront', 'receive')).status).to.equal(200);
  });

  it('is in the audit when it is refused, once a minute for the same', async () => {
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    for (let i = 0; i < 5; i += 1) await ada.post('/api/v1/apps/storefront/rollback');
    await ada.post('/api/v1/apps', { name: 'mine' });
    await ada.ask('/api/v1/apps/ledger');
    await ada.ask('/api/v1/apps/nothere');
    await until(async () => (await refusals()).length >= 3);
    expect((await refusals()).map(({ chain, actor, object }) => [chain, actor, object])).to.have.deep.members([
      ['storefront', 'user:ada', 'POST /api/v1/apps/:app/rollback'],
      ['system', 'user:ada', 'POST /api/v1/apps'],
      ['ledger', 'user:ada', 'GET /api/v1/apps/:app'],
    ]);
    now += 60_000;
    await ada.post('/api/v1/apps/storefront/rollback');
    expect(await refusals()).to.have.length(4);
  });

  it('is judged anew by the next request', async () => {
    const ada = await guestIn(house, 'ada', 'viewer', 'storefront');
    const rollback = async () => (await refusalOf(await ada.post('/api/v1/apps/storefront/rollback'))).code;
    expect(await rollback()).to.equal('not-permitted');
    await house.engine.users.grant({ user: 'ada', role: 'operator', app: 'storefront' }, 'rule:test');
    expect(await rollback()).to.not.equal('not-permitted');
    await house.engine.users.revoke({ user: 'ada', role: 'operator', app: 'storefront' }, 'rule:test');
    expect(await rollback()).to.equal('not-permitted');
    await house.engine.users.disable('ada', 'rule:test');
    expect((await ada.ask('/api/v1/status')).status).to.equal(401);
  });

  for (const [what, end] of [
    ['somebody who is disabled', () => house.engine.users.disable('ada', 'rule:test')],
    [
      'somebody who may see it no more',
      () => house.engine.users.revoke({ user: 'ada', role: 'operator', app: 'storefront' }, 'rule:test'),
    ],
  ] as const) {
    it(`ends streams and shells of ${what} within 5 seconds [S35]`, async () => {
      const ada = await guestIn(house, 'ada', 'operator', 'storefront');
      const ben = await guestIn(house, 'ben', 'operator', 'storefront');
      await push('storefront', '1'.repeat(40));
      const paths = ['/api/v1/events', '/api/v1/apps/storefront/runs/1/live?step=plan'];
      const streams = await Promise.all(paths.map((path) => ada.open(path)));
      const other = await ben.open('/api/v1/events');
      for (const stream of [...streams, other]) stream.on('error', () => undefined).resume();
      const url = `${house.web.url.replace('http', 'ws')}/api/v1/apps/storefront/shell`;
      const shell = new WebSocket(url, { headers: { authorization: `Bearer ${ada.token}` } });
      await once(shell, 'open');
      const closed = [...streams, shell].map((one) => new Promise((resolve) => one.once('close', resolve)));
      const began = Date.now();
      await end();
      await Promise.all(closed);
      // A shell that asks for nothing ends by itself a second later.
      expect(Date.now() - began).to.be.lessThan(4_000);
      expect(other.destroyed).to.equal(false);
      other.destroy();
    });
  }
});
