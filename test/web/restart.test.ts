import { expect } from 'chai';
import { signIn } from './support/browser';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

describe('restarting a run over the web', () => {
  let house: House;
  before(async () => {
    house = await makeHouse();
    const runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40) };
    await house.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'owner' }, 'user:owner');
    const lease = await runner.take();
    await runner.end(lease, { end: 'failed', fault: 'user', reason: 'no pipeline', next: '' });
  });
  after(() => house.close());

  it('is a button of a run that failed, which leads to the new one', async () => {
    const browser = await signIn(house);
    const page = await browser.page('/apps/storefront/runs/1');
    expect(page).to.include('Restart run 1');
    const answer = await browser.post('/apps/storefront/runs/1/restart', { reason: 'mended' });
    expect(answer.headers.get('location')).to.equal('/apps/storefront/runs/2');
    const next = await browser.page('/apps/storefront/runs/2');
    expect(next).to.include('It goes on from where').and.not.to.include('Restart run 2');
  });

  it('is refused over the API once a newer one is on its way', async () => {
    const answer = await house.post('/api/v1/apps/storefront/runs/1/restart', {});
    expect(answer.status).to.equal(409);
    expect(((await answer.json()) as { error: { code: string } }).error.code).to.equal('restart-outdated');
  });

  it('is not held up by a newer one that is being taken back', async () => {
    const back = { state: 'undoing', ends_as: 'cancelled' } as const;
    await house.engine.parts.store.write((tx) => tx.updateTable('runs').set(back).where('number', '=', 2).execute());
    expect((await house.post('/api/v1/apps/storefront/runs/1/restart', {})).status).to.equal(200);
  });
});
