import { expect } from 'chai';
import { Desk } from './support/command-line';
import { aRun, FakeGantry } from './support/fake-gantry';

describe('commands for those who decide', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const NOW = Date.UTC(2026, 10, 30, 8);
  beforeEach(async () => {
    desk = new Desk();
    gantry = new FakeGantry();
    await gantry.start();
  });
  afterEach(async () => {
    desk.clear();
    await gantry.stop();
  });
  const run = (...words: string[]) => desk.run(words, { environment: gantry.environment });
  const last = () => gantry.asked.at(-1);

  it('break glass with the hash of what waits, and say who is to review it', async () => {
    const gate = { step: 'production/approve', state: 'requested', role: 'release-manager', count: 2, votes: [] };
    const approvals = [{ ...gate, releaseHash: 'abcdef0123456789', boundHash: 'b0d0', expiresAt: 9e15 }];
    gantry.on('GET /apps/shop/runs/3', () => aRun({ state: 'waiting', approvals }));
    const answer = { run: 3, step: gate.step, state: 'granted', missing: 0, reviewDue: NOW };
    gantry.on('POST /apps/shop/runs/3/approve', () => answer);
    const { stdout } = await run('approve', 'shop', '3', '--break-glass', '--reason', 'payments fail');
    expect(last()?.body).to.include({ boundHash: 'b0d0', breakGlass: true, reason: 'payments fail' });
    expect(stdout).to.contain('must review it until 2026-11-30T08:00:00.000Z: gantry review');
  });

  it('take a yes back', async () => {
    gantry.on('POST /apps/shop/runs/3/withdraw', () => ({
      run: 3,
      step: 'gray/approve',
      state: 'requested',
      missing: 1,
    }));
    const { stdout } = await run('approve', 'shop', '3', '--take-back');
    expect(stdout).to.equal('shop#3 gray/approve: your yes is taken back, 1 more needed\n');
  });

  it('list what waits for a review, and review it', async () => {
    const broken = { app: 'shop', run: 3, step: 'gray/approve', by: 'olga', reason: 'payments fail', at: 1 };
    gantry.on('GET /reviews', () => ({ items: [{ ...broken, reviewDue: 1, review: null }] }));
    const listed = (await run('review')).stdout;
    expect(listed).to.match(/shop#3 +gray\/approve +olga +payments fail +\d+ h too late/);
    gantry.on('POST /apps/shop/runs/3/review', () => ({ run: 3, steps: ['gray/approve'] }));
    const { stdout } = await run('review', 'shop', '3', '--wrong', '--reason', 'no need');
    expect(last()?.body).to.deep.equal({ verdict: 'wrong', reason: 'no need' });
    expect(stdout).to.equal('shop#3 gray/approve: reviewed, wrong\n');
    for (const words of [['shop'], ['shop', '3'], ['shop', '3', '--right'], ['shop', '3', '--right', '--wrong']]) {
      expect((await run('review', ...words)).exit, words.join(' ')).to.equal(2);
    }
  });

  it('freeze one app or all of them, for a time or until one', async () => {
    gantry.on('POST /apps/shop/freezes', ({ body }) => ({ ...(body as object), app: 'shop' }));
    const { stdout } = await run(
      'freeze',
      'begin',
      '--app',
      'shop',
      '--until',
      '2026-12-27T08:00',
      '--reason',
      'close',
    );
    expect(last()?.body).to.deep.equal({ until: Date.UTC(2026, 11, 27, 8), reason: 'close' });
    expect(stdout).to.equal('shop: frozen until 2026-12-27T08:00:00.000Z\n');
    expect((await run('freeze', 'begin', '--until', 'soon', '--reason', 'x')).exit).to.equal(2);
    expect((await run('freeze', 'begin', '--reason', 'x')).exit).to.equal(2);
    gantry.on('POST /freezes/end', () => ({ ended: 2 }));
    expect((await run('freeze', 'end')).stdout).to.equal('all apps: 2 ended\n');
    const frozen = { id: '1', app: null, reason: 'holidays', begunAt: 1, begunBy: 'user:ada', until: NOW };
    gantry.on('GET /freezes', () => ({ items: [frozen] }));
    expect((await run('freeze', 'list')).stdout).to.match(/all apps +2026-11-30T08:00:00.000Z +holidays +ada/);
  });
});
