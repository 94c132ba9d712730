import { expect } from 'chai';
import type { Browser } from 'playwright-core';
import { openPage, startChromium } from './support/chromium';
import { type House, makeHouse } from './support/house';
import { FakeRunner, smallPlan } from './support/runner';
import { until } from './support/until';

const RUN = '/apps/storefront/runs/1';

describe('the page of a run in a browser', function () {
  this.timeout(40_000);
  let chrome: Browser;
  let house: House;
  let runner: FakeRunner;
  before(async function () {
    chrome = await startChromium(this);
  });
  after(() => chrome?.close());
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', before: '0'.repeat(40) };
    await house.engine.deliveries.accept({ ...push, after: 'a'.repeat(40), pusher: 'owner' }, 'user:owner');
  });
  afterEach(() => house.close());

  it('shows the log line by line as it is written, with its colours', async () => {
    const lease = await runner.take();
    const { page, problems } = await openPage(chrome, house, RUN);
    await runner.log(lease, '10:00:00.000 compiling\n10:00:00.100 \u001b[31;1mbroken\u001b[0m <b>bold</b>\n');
    await page.getByText('compiling').waitFor();
    const red = page.locator('.line-text .fg-red.bold');
    await red.waitFor();
    expect(await red.textContent()).to.equal('broken');
    expect(await page.locator('#log b').count(), 'markup of a log is text').to.equal(0);
    expect(await page.locator('#L2 .line-text').textContent()).to.equal('broken <b>bold</b>');
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it('follows the run to its end without loading again', async () => {
    const lease = await runner.take();
    const { page, problems } = await openPage(chrome, house, RUN);
    await page.evaluate('globalThis.same = true');
    await runner.end(lease, { end: 'ignored', reason: 'nobody wants it' });
    await page.locator('.why-ignored').waitFor();
    await page.locator('#run-head .state-ignored').waitFor();
    expect(await page.evaluate('globalThis.same'), 'it is still the same page').to.equal(true);
    await page.waitForFunction('!document.querySelector("#steps").dataset.stream');
    await page.locator('a.step-name').first().click();
    await page.reload();
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it('goes on where it was after web was restarted: no line is lost, none comes twice', async () => {
    const lease = await runner.take();
    const { page } = await openPage(chrome, house, RUN);
    await runner.log(lease, 'line 1\nline 2\n');
    await page.getByText('line 2', { exact: true }).waitFor();
    const port = house.web.port;
    await house.web.stop();
    await runner.log(lease, 'line 3\nline 4\n');
    await house.restart({ listen: { host: '127.0.0.1', port } });
    await page.getByText('line 4', { exact: true }).waitFor();
    await runner.log(lease, 'line 5\n');
    await page.getByText('line 5', { exact: true }).waitFor();
    const shown = await page.locator('.line-text').allTextContents();
    expect(shown).to.deep.equal(['line 1', 'line 2', 'line 3', 'line 4', 'line 5']);
    await page.reload();
    expect(await page.locator('.line-text').allTextContents(), 'loading again').to.deep.equal(shown);
    await page.close();
  });

  it('opens the log of another step in place, and goes with the run unless one was asked for', async () => {
    const plan = await runner.take();
    const { page, problems } = await openPage(chrome, house, RUN);
    await runner.log(plan, 'planned\n');
    await page.getByText('planned').waitFor();
    await runner.end(plan, { end: 'planned', plan: smallPlan() });
    const build = await runner.take();
    await page.locator('#log-panel[data-step=build-image]').waitFor();
    await runner.log(build, 'building\n');
    await page.getByText('building').waitFor();
    await page.locator('a.step-name', { hasText: 'plan' }).click();
    await page.getByText('planned').waitFor();
    expect(new URL(page.url()).search).to.equal('?step=plan');
    await runner.end(build, { end: 'succeeded', output: {} });
    await page.locator('#step-1 .state-succeeded').waitFor();
    expect(await page.locator('#log-panel').getAttribute('data-step'), 'what was asked for stays').to.equal('plan');
    await page.goBack();
    await until(async () => (await page.locator('#log-panel').getAttribute('data-step')) !== 'plan');
    expect(problems).to.deep.equal([]);
    await page.close();
  });

  it('filters lines, stops following, and links each line', async () => {
    const lease = await runner.take();
    const { page } = await openPage(chrome, house, RUN);
    await runner.log(lease, Array.from({ length: 200 }, (_, i) => `line ${i + 1}\n`).join(''));
    await page.locator('#L200').waitFor();
    const log = page.locator('#log');
    const fromEnd = () => log.evaluate((e) => e.scrollHeight - e.scrollTop - e.clientHeight);
    expect(await fromEnd(), 'it follows').to.be.below(2);
    await page.locator('.log-follow').click();
    await runner.log(lease, 'line 201\nline 202\n');
    await page.locator('#L202').waitFor();
    expect(await fromEnd(), 'it stays').to.be.above(20);
    await page.fill('.log-filter', 'LINE 20');
    expect(await page.locator('.line:visible .line-text').allTextContents()).to.deep.equal([
      'line 20',
      'line 200',
      'line 201',
      'line 202',
    ]);
    expect(await page.locator('.log-found').textContent()).to.equal('4 of 202 lines');
    await page.fill('.log-filter', '');
    await page.locator('#L7 .line-number').click();
    expect(page.url()).to.match(/step=plan&line=7#L7$/);
    await page.reload();
    expect(await page.locator('.line.marked .line-text').textContent()).to.equal('line 7');
    await page.close();
  });

  it('shows stable and gray side by side while gray is open, as charts and as a table', async () => {
    await runner.succeedUntil('gray/approve');
    await house.post('/api/v1/apps/storefront/runs/1/approve');
    await runner.succeedUntil('gray/share');
    const { page, problems } = await openPage(chrome, house, RUN);
    await page.getByText('No requests yet').waitFor();
    const app = await house.engine.apps.find('storefront');
    const environment = await house.engine.environments.production(app.id);
    const { row } = await house.engine.runs.find('storefront', 1);
    const measured = (role: 'stable' | 'gray', requests: number, times: number[]) => ({
      environmentId: environment?.id as never,
      role,
      releaseId: row.release_id as never,
      requests,
      errors: role === 'gray' ? 1 : 0,
      times,
    });
    await house.engine.traffic.record([measured('stable', 90, [10, 12, 200]), measured('gray', 10, [20])], 2_000);
    await page.locator('.chart').first().waitFor();
    expect(await page.locator('.chart-column').count()).to.equal(2);
    expect(await page.locator('.chart').count()).to.equal(6);
    expect(await page.locator('.chart-column').last().textContent()).to.include('10 %');
    await page.locator('#traffic-table summary').click();
    await page.getByRole('cell', { name: '45', exact: true }).waitFor();
    await house.engine.traffic.record([measured('stable', 30, [9]), measured('gray', 4, [])], 2_000);
    await page.getByRole('cell', { name: '15', exact: true }).waitFor();
    expect(problems).to.deep.equal([]);
    await page.close();
  });
});
