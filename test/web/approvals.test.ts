import { expect } from 'chai';
import { type House, makeHouse } from './support/house';
import { guestIn, refusalOf } from './support/people';
import { HandClock, Person } from './support/person';
import { FakeRunner } from './support/runner';

describe('approvals of several people', function () {
  this.timeout(30_000);
  let house: House;
  let runner: FakeRunner;
  let grace: Person;
  const RUN = '/api/v1/apps/storefront/runs/1';
  beforeEach(async () => {
    const clock = new HandClock(Date.now());
    house = await makeHouse({ clock });
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    grace = await Person.add(house, 'grace', clock, ['release-manager', 'viewer']);
    const { secret } = await house.engine.signin.invite('grace', 'user:owner');
    await grace.accept(secret);
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40) };
    await house.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'owner' }, 'user:owner');
    await runner.succeedUntil('gray/approve');
  });
  afterEach(() => house.close());

  const refusals = async (): Promise<string[]> =>
    (await house.engine.audit.list({ limit: 100 }))
      .filter(({ action }) => action === 'approval.refuse')
      .map(({ actor, detail }) => `${actor} ${(detail as { code: string }).code}`);

  it('are refused to a token, in one sentence that the audit has too, and nothing changes', async () => {
    const before = await house.json(RUN);
    const { boundHash } = (before.approvals as { boundHash: string }[])[0] ?? {};
    for (const [verb, body] of [
      ['approve', { boundHash }],
      ['approve', { boundHash, breakGlass: true, reason: 'payments fail' }],
      ['reject', { boundHash }],
      ['review', { verdict: 'right', reason: 'fine' }],
    ] as const) {
      expect(await refusalOf(await house.post(`${RUN}/${verb}`, body)), verb).to.include({
        status: 403,
        code: 'person-needed',
      });
    }
    expect(await refusals()).to.deep.equal(Array(4).fill('user:owner person-needed'));
    expect(await house.json(RUN)).to.deep.equal(before);
  });

  it('are given on a page that shows what they stand for', async () => {
    const page = await (await grace.get('/apps/storefront/runs/1')).text();
    expect(page).to.include('What a yes stands for').and.include('Break the glass');
    const boundHash = /name="boundHash" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? '';
    const said = { step: 'gray/approve', vote: 'yes' };
    const address = '/apps/storefront/runs/1';
    const stale = await grace.submit(address, `${address}/decide`, { ...said, boundHash: 'f'.repeat(64) });
    expect(stale.status).to.equal(409);
    expect((await grace.submit(address, `${address}/decide`, { ...said, boundHash })).status).to.equal(303);
    expect(await refusals()).to.deep.equal(['user:grace approval-changed']);
    expect(((await house.json(RUN)).approvals as unknown[])[0]).to.deep.include({ state: 'granted' });
  });

  it('in an emergency are told on the page of the run, and listed until somebody reviews them', async () => {
    const address = '/apps/storefront/runs/1';
    const page = await (await grace.get(address)).text();
    const boundHash = /name="boundHash" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? '';
    const glass = { step: 'gray/approve', vote: 'break-glass', boundHash, reason: 'payments fail' };
    expect((await grace.submit(address, `${address}/decide`, glass)).status).to.equal(303);
    expect(await (await grace.get(address)).text())
      .to.include('Glass was broken at gray/approve')
      .and.include('by grace: payments fail')
      .and.include('must review it');
    const { items } = await house.json<{ items: { run: number; by: string }[] }>('/api/v1/reviews');
    expect(items).to.have.length(1);
    expect(items[0]).to.include({ run: 1, by: 'grace' });
    const other = await guestIn(house, 'victor', 'viewer');
    expect((await other.post(`${RUN}/review`, { verdict: 'right', reason: 'x' })).status).to.equal(403);
  });

  it('rest while an app is frozen, which those may say who decide there', async () => {
    const victor = await guestIn(house, 'victor', 'viewer');
    const until = Date.now() + 3_600_000;
    const wanted = { until, reason: 'quarterly close' };
    expect((await victor.post('/api/v1/apps/storefront/freezes', wanted)).status).to.equal(403);
    expect((await house.post('/api/v1/apps/storefront/freezes', { until })).status).to.equal(400);
    const begun = await house.post('/api/v1/apps/storefront/freezes', wanted);
    expect(begun.status).to.equal(201);
    expect(await begun.json()).to.include({ app: 'storefront', until, begunBy: 'user:owner' });
    const { items } = await victor.json<{ items: { app: string }[] }>('/api/v1/freezes');
    expect(items.map(({ app }) => app)).to.deep.equal(['storefront']);
    for (const address of ['/api/v1/freezes/end', '/api/v1/apps/storefront/freezes/end']) {
      expect(await refusalOf(await house.post(address))).to.include({ status: 403, code: 'person-needed' });
    }
    expect(await house.engine.freezes.list('storefront')).to.have.length(1);
  });
});
