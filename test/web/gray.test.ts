import { expect } from 'chai';
import { type Browser, signIn } from './support/browser';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

interface Explained {
  role: string;
  why: { kind: string };
  sentences: string[];
}

describe('gray, from outside', () => {
  let house: House;
  let runner: FakeRunner;
  let browser: Browser;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    browser = await signIn(house);
    await house.post('/api/v1/apps', { name: 'storefront' });
    for (const [after, before, run] of [
      ['a', '0', 1],
      ['b', 'a', 2],
    ] as const) {
      const commits = { before: before.repeat(40), after: after.repeat(40) };
      const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', ...commits, pusher: 'owner' };
      await house.engine.deliveries.accept(delivery, 'user:owner');
      await runner.succeedUntil('gray/approve');
      await house.post(`/api/v1/apps/storefront/runs/${run}/approve`);
      await runner.succeedUntil(run === 1 ? 'production/retire' : 'gray/share');
    }
  });
  afterEach(() => house.close());

  const address = '/api/v1/apps/storefront/gray';
  const refusal = async (body: unknown) => {
    const answer = await house.post(address, body);
    const { error } = (await answer.json()) as { error: { code: string } };
    return [answer.status, error.code];
  };

  it('shows its share, rules and salt, since when, and by whose word', async () => {
    const gray = await house.json(address);
    expect(gray).to.deep.include({ app: 'storefront', share: 500, salt: 's', identity: null });
    expect(gray.rules).to.deep.equal([
      { kind: 'header', name: 'X-Gray', match: 'equals', value: '1', text: 'header X-Gray = 1' },
    ]);
    expect(gray.by).to.equal('owner');
    expect(gray.measured).to.deep.equal({ requests: 0, share: null });
  });

  it('is set by a run of its own, from 0.01 % on, with rules', async () => {
    const rule = { kind: 'cookie', name: 'beta', match: 'startsWith', value: 'v2-' };
    const set = await house.post(address, { share: 1, rules: [rule], clear: true });
    expect(await set.json()).to.deep.equal({ run: 3, share: 1 });
    const { steps } = await house.engine.runs.find('storefront', 3);
    expect(JSON.parse(steps[0]?.spec ?? '')).to.deep.equal({ share: 1, rules: [rule] });
  });

  it('refuses what cannot be', async () => {
    expect(await refusal({ share: 10_001 })).to.deep.equal([400, 'body']);
    expect(await refusal({ share: 0.5 })).to.deep.equal([400, 'body']);
    const bad = { kind: 'header', name: 'X Team', match: 'equals', value: 'qa' };
    expect(await refusal({ share: 1, rules: [bad] })).to.deep.equal([400, 'body']);
    expect(await refusal({ share: 1, rules: [{ ...bad, name: 'X-Team', value: 'a;b' }] })).to.deep.equal([400, 'body']);
    expect(await refusal({ share: 1, users: ['ada'] })).to.deep.equal([409, 'no-identity']);
  });

  it('explains who meets what', async () => {
    const explain = async (visitor: unknown) =>
      (await (await house.post(`${address}/explain`, visitor)).json()) as Explained;
    const byRule = await explain({ headers: [{ name: 'x-gray', value: '1' }] });
    expect(byRule).to.deep.include({ role: 'gray', why: { kind: 'rule', rule: 1 } });
    const byShare = await explain({ cookies: ['visitor-0001'] });
    expect(byShare.why.kind).to.equal('share');
    expect((await explain({})).sentences.join()).to.contain('nobody knows it yet');
    expect((await house.post(`${address}/explain`, { user: 'ada' })).status).to.equal(409);
  });

  it('has a page that answers the same question and changes the share', async () => {
    expect(await browser.page('/apps/storefront')).to.include('href="/apps/storefront/gray"');
    const page = await browser.page('/apps/storefront/gray?header=X-Gray%3D1');
    expect(page).to.include('<strong>5 %</strong>').and.include('rule 1 lets it in: header X-Gray &#x3D; 1');
    expect(page).to.include('class="lane gray">release 2</span>.');
    expect(await browser.page('/apps/storefront/gray?user=ada')).to.include('does not say how users are known');
    const set = await browser.post('/apps/storefront/gray', { share: '12.5%' });
    expect(set.headers.get('location')).to.equal('/apps/storefront/runs/3');
    const refused = await browser.post('/apps/storefront/gray', { share: '0.001%' });
    expect(await refused.text()).to.include('did you mean 0.01%?');
  });

  it('lets no token widen it beyond its plan once there are several people, and tells the audit', async () => {
    await house.engine.users.add({ name: 'eve', email: 'eve@example.org', role: 'operator' }, 'rule:test');
    const everybody = { kind: 'header', name: 'Accept', match: 'startsWith', value: 't' };
    for (const wish of [{ share: 9_000 }, { share: 500, rules: [everybody] }, { share: 500, users: ['eve'] }]) {
      expect(await refusal(wish)).to.deep.equal([403, 'person-needed']);
    }
    const told = (await house.engine.audit.list({ chain: 'storefront', limit: 3 })).map(({ actor, action, detail }) => [
      ...[actor, action, detail],
    ]);
    const message = 'a token cannot approve: people do that';
    const refused = { asked: 'gray.widen', code: 'person-needed', message, reason: '' };
    expect(told).to.deep.equal([1, 2, 3].map(() => ['user:owner', 'approval.refuse', refused]));
    expect((await house.post(address, { share: 100, clear: true })).status).to.equal(200);
  });
});
