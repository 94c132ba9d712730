import { expect } from 'chai';
import { signIn } from './support/browser';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

interface Preview {
  steps: { step: string; does: string }[];
  refused: { step: string; why: string; next: string }[];
  hash: string;
}

describe('the undo of a step', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    await release('a'.repeat(40), '0'.repeat(40), 1);
    await release('b'.repeat(40), 'a'.repeat(40), 2);
  });
  afterEach(() => house.close());

  const release = async (after: string, before: string, run: number) => {
    const delivery = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before, after, pusher: 'owner' };
    await house.engine.deliveries.accept(delivery, 'user:owner');
    await runner.succeedUntil('gray/approve');
    await house.post(`/api/v1/apps/storefront/runs/${run}/approve`);
    await runner.succeedUntil('production/retire');
  };
  const address = '/api/v1/apps/storefront/runs/2/undo';
  const ask = async (path: string, body: unknown) => {
    const answer = await house.post(path, body);
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  /** Production's promotion of the fake runner leaves no output; here it says what was before. */
  const remember = async () => {
    const { row, steps } = await house.engine.runs.find('storefront', 2);
    const production = await house.engine.environments.production(row.app_id);
    const traffic = production?.traffic;
    const before = { ...traffic, stable: traffic?.warm, warm: null };
    await house.engine.parts.store.write((tx) =>
      tx
        .updateTable('steps')
        .set({ output: JSON.stringify({ version: 1, before }) })
        .where('id', '=', steps.find((s) => s.name === 'production/promote')?.id as never)
        .execute(),
    );
  };

  it('is shown, and done by its hash only', async () => {
    await remember();
    const shown = await ask(`${address}/preview`, { step: 'production/promote' });
    const preview = shown.body as unknown as Preview;
    expect(shown.status).to.equal(200);
    expect(preview.steps.map((s) => s.step)).to.deep.equal(['production/promote']);
    const stale = await ask(address, { step: 'production/promote', previewHash: 'f'.repeat(64) });
    expect([stale.status, (stale.body.error as { code: string }).code]).to.deep.equal([409, 'preview-changed']);
    const done = await ask(address, { step: 'production/promote', previewHash: preview.hash, reason: 'slow' });
    expect(done).to.deep.equal({ status: 200, body: { run: 3, steps: ['production/promote'] } });
    const twice = await ask(`${address}/preview`, { step: 'test/deliver' });
    expect([twice.status, (twice.body.error as { code: string }).code]).to.deep.equal([409, 'going-back']);
    await runner.succeed();
    const run = await house.json<{ trigger: string; undoes: number; state: string }>('/api/v1/apps/storefront/runs/3');
    expect(run).to.include({ trigger: 'undo', undoes: 2, state: 'succeeded' });
  });

  it('wants to know what, and knows no other words', async () => {
    for (const body of [{}, { step: 'seal', before: 'seal' }]) {
      const refused = await ask(`${address}/preview`, body);
      expect([refused.status, (refused.body.error as { code: string }).code]).to.deep.equal([400, 'undo-what']);
    }
    expect((await ask(`${address}/preview`, { stepp: 'seal' })).status).to.equal(400);
    expect((await ask(address, { step: 'seal' })).status).to.equal(400);
    expect((await ask(`${address}/preview`, { step: 'nothing' })).status).to.equal(404);
    expect((await ask('/api/v1/apps/storefront/rollback', { to: 'one' })).status).to.equal(400);
    expect((await ask('/api/v1/apps/storefront/rollback', { to: 7 })).status).to.equal(404);
  });

  it('leads from the run over a page that shows it to the run that does it', async () => {
    await remember();
    const browser = await signIn(house);
    const page = await browser.page('/apps/storefront/runs/2');
    expect(page).to.include('/apps/storefront/runs/2/undo?step=production%2Fpromote');
    const preview = await browser.page('/apps/storefront/runs/2/undo?step=production%2Fpromote');
    expect(preview).to.include('release 1 becomes stable again').and.include('Do exactly this');
    const previewHash = /name="previewHash" value="([0-9a-f]{64})"/.exec(preview)?.[1] ?? '';
    const form = { step: 'production/promote', before: '', previewHash, reason: 'slow' };
    const sent = await browser.post('/apps/storefront/runs/2/undo', form);
    expect([sent.status, sent.headers.get('location')]).to.deep.equal([303, '/apps/storefront/runs/3']);
    await runner.succeed();
    expect(await browser.page('/apps/storefront/runs/2')).to.match(/undone by <a href="[^"]*\/runs\/3">run 3/);
    expect(await browser.page('/apps/storefront/runs/3')).to.include('It takes back');
    const again = await browser.page('/apps/storefront/runs/2/undo?step=production%2Fpromote');
    expect(again).to.include('run 3 took it back already').and.not.include('Do exactly this');
  });
});
