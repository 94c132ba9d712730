import { expect } from 'chai';
import { type Browser, signIn } from './support/browser';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

describe('the pages', () => {
  let house: House;
  let runner: FakeRunner;
  let browser: Browser;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    browser = await signIn(house);
  });
  afterEach(() => house.close());

  const pushTo = async (app: string, after = 'a'.repeat(40), before = '0'.repeat(40), ref = 'refs/heads/main') => {
    const delivery = { app, source: 'test', ref, before, after, pusher: 'owner' };
    await house.engine.deliveries.accept(delivery, 'user:owner');
  };
  const untilGate = async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    await pushTo('storefront');
    await runner.succeedUntil('gray/approve');
  };

  it('begin with the three commands that make the first app', async () => {
    const page = await browser.page('/');
    expect(page).to.include('gantry app create storefront').and.include('git push gantry main');
    expect(page).to.include('Solo mode.').and.include('the owner may approve their own runs');
  });

  it('allow nothing but their own script and style [S22]', async () => {
    const answer = await browser.get('/');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).to.include("default-src 'none'").and.include("frame-ancestors 'none'");
    const page = await answer.text();
    expect(page).to.not.match(/ style=| on\w+=|<script>|<style/);
    for (const [, path] of page.matchAll(/(?:src|href)="(\/static\/[^"]+)"/g)) {
      const file = await house.ask(path ?? '', { as: 'nobody' });
      expect(file.status, path).to.equal(200);
      expect(file.headers.get('cache-control')).to.include('immutable');
    }
  });

  it('show what serves in each environment, and the runs, newest first', async () => {
    await untilGate();
    await pushTo('storefront', 'b'.repeat(40), 'a'.repeat(40));
    const page = await browser.page('/');
    expect(page).to.include('release 1').and.include('state-waiting');
    expect(page.indexOf('#2')).to.be.below(page.indexOf('#1'));
    expect(page).to.include(`title="${'a'.repeat(40)}"`);
    expect(page).to.include('>aaaaaaaa<');
  });

  it('show a run with its stages, steps and log', async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    await pushTo('storefront');
    await runner.succeed();
    await runner.fail('npm ci ended with 1', 'first line\n\u001b[31mred line\u001b[0m\n');
    const page = await browser.page('/apps/storefront/runs/1');
    expect(page).to.include('stage-failed').and.include('stage-cancelled');
    expect(page).to.include('Log of build-image').and.include('first line');
    expect(page).to.include('<span class="fg-red">red line</span>');
    expect(page).to.include('npm ci ended with 1');
    expect(page).to.not.include('Cancel this run');
    const plan = await browser.page('/apps/storefront/runs/1?step=plan');
    expect(plan).to.include('Log of plan');
  });

  it('ask for a decision about the very release that they show', async () => {
    await untilGate();
    const page = await browser.page('/apps/storefront/runs/1');
    const hash = /name="boundHash" value="([0-9a-f]{64})"/.exec(page)?.[1] ?? '';
    expect(page).to.include('gray/approve: your decision').and.include(hash.slice(0, 8));
    const stale = { step: 'gray/approve', boundHash: 'f'.repeat(64), vote: 'yes' };
    const refused = await browser.post('/apps/storefront/runs/1/decide', stale);
    expect(refused.status).to.equal(409);
    expect(await refused.text()).to.include('not the ffffffffffff that was shown');
    const decision = { step: 'gray/approve', boundHash: hash, vote: 'yes', reason: 'fine' };
    const approved = await browser.post('/apps/storefront/runs/1/decide', decision);
    expect(approved.status).to.equal(303);
    expect(approved.headers.get('location')).to.equal('/apps/storefront/runs/1');
    const after = await browser.page('/apps/storefront/runs/1');
    expect(after).to.not.include('your decision');
    expect(after).to.include('owner approved gray/approve').and.include(': fine');
  });

  it('reject and cancel', async () => {
    await untilGate();
    const { approvals } = await house.json<{ approvals: [{ boundHash: string }] }>('/api/v1/apps/storefront/runs/1');
    const no = { step: 'gray/approve', boundHash: approvals[0].boundHash, vote: 'no', reason: 'too slow' };
    expect((await browser.post('/apps/storefront/runs/1/decide', no)).status).to.equal(303);
    expect(await browser.page('/apps/storefront/runs/1')).to.include('rejected by owner: too slow');
    await pushTo('storefront', 'b'.repeat(40), 'a'.repeat(40));
    expect((await browser.post('/apps/storefront/runs/2/cancel', { reason: 'no' })).status).to.equal(303);
    expect(await browser.page('/apps/storefront/runs/2')).to.include('cancelled by owner: no');
  });

  it('show of each release whether its image is kept', async () => {
    await untilGate();
    const page = await browser.page('/apps/storefront');
    expect(page)
      .to.match(/<th>Image<\/th>/)
      .and.match(/<td>not yet<\/td>/);
  });

  it('offer the way back while there is one, and say what it will do', async () => {
    await untilGate();
    expect(await browser.page('/apps/storefront')).to.not.include('Roll back');
    await house.post('/api/v1/apps/storefront/runs/1/approve');
    await runner.succeedUntil('production/retire');
    await pushTo('storefront', 'b'.repeat(40), 'a'.repeat(40));
    await runner.succeedUntil('gray/approve');
    await house.post('/api/v1/apps/storefront/runs/2/approve');
    await runner.succeedUntil('gray/share');
    const gray = await browser.page('/apps/storefront');
    expect(gray)
      .to.include('<strong>5 %</strong> gray, 95 % stable')
      .and.include('always gray: header X-Gray &#x3D; 1');
    await runner.succeedUntil('production/retire');
    const page = await browser.page('/apps/storefront');
    expect(page).to.include('Roll back to release 1').and.include('production stable').and.include('production warm');
    const back = await browser.post('/apps/storefront/rollback', { reason: 'slow' });
    expect(back.headers.get('location')).to.equal('/apps/storefront/runs/3');
  });

  it('show text of users as text [S24]', async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    await pushTo('storefront', 'a'.repeat(40), '0'.repeat(40), 'refs/heads/<img/src=x>');
    await runner.succeed();
    await runner.fail('<script>alert(1)</script>', '<script>alert(2)</script>\n');
    for (const path of ['/', '/apps/storefront', '/apps/storefront/runs/1']) {
      const page = await browser.page(path);
      expect(page, path).to.not.match(/<script>|<img\/src/);
      expect(page, path).to.include('&lt;script&gt;alert(1)');
    }
  });

  it('say what is wrong on a page of their own', async () => {
    const answer = await browser.send('/apps/nothing', { headers: { accept: 'text/html' } });
    expect(answer.status).to.equal(404);
    expect(await answer.text()).to.include('there is no app &quot;nothing&quot;');
  });
});
