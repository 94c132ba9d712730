import { expect } from 'chai';
import { signIn } from './support/browser';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

describe('the page of a run that failed', () => {
  let house: House;
  let runner: FakeRunner;
  beforeEach(async () => {
    house = await makeHouse();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
    const push = { app: 'storefront', source: 'test', ref: 'refs/heads/main', pusher: 'owner' };
    await house.engine.deliveries.accept({ ...push, before: '0'.repeat(40), after: 'a'.repeat(40) }, 'user:owner');
  });
  afterEach(() => house.close());

  const page = async () => (await signIn(house)).page('/apps/storefront/runs/1');

  it('shows the lines that matter, with links into the log, and what to try', async () => {
    await runner.succeed();
    const log = `${'nothing to see\n'.repeat(300)}sh: 1: <mvnw>: not found\n/x.sh: 3: mvnw: not found\n`;
    await runner.fail('"./x.sh" ended with exit code 127', `${log}${'after that\n'.repeat(10)}`);
    const html = await page();
    expect(html).to.include('Why build-image failed');
    expect(html).to.match(/[?&;]line=302#L302"/);
    expect(html).to.include('sh: 1: &lt;mvnw&gt;: not found').and.not.include('<mvnw>');
    expect(html).to.include('What to try');
  });

  it('shows how the container of a delivery ended', async () => {
    await runner.succeedUntil('seal');
    const instance = {
      name: 'gantry-1-storefront',
      exitCode: 3,
      outOfMemory: false,
      answers: [{ afterMs: 2_400, words: '503 Service Unavailable' }],
      lastLines: [],
    };
    const lease = await runner.take();
    await runner.end(lease, { end: 'failed', fault: 'user', reason: 'it ended', next: '', instance });
    expect(await page()).to.include('exit code 3; its health check said: 503 Service Unavailable (2.4 s)');
  });

  it('says nothing of a failure while there is none', async () => {
    await runner.succeed();
    expect(await page()).to.not.include('failure-lines');
  });
});
