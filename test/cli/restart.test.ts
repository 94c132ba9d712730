import { expect } from 'chai';
import { Desk, type Ran } from './support/command-line';
import { aRun, aStep, FakeGantry, refuse, sendEvents } from './support/fake-gantry';

describe('gantry restart', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const run = (line: string): Promise<Ran> => desk.run(line.split(' '), { environment: gantry.environment });

  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
    gantry.on('POST /apps/shop/runs/3/restart', () => ({ run: 4, taken: ['plan', 'build-image'], anew: ['seal'] }));
    gantry.on('GET /apps/shop/runs/4/events', (_, response) => sendEvents(response, [1], 'end'));
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });
  const ends = (state: 'succeeded' | 'failed') =>
    gantry.on('GET /apps/shop/runs/4', () => ({
      ...aRun({ number: 4, trigger: 'restart', state, endedAt: 1_900, restarts: 3 }),
      steps: [aStep('seal')],
    }));

  it('says what is taken over and what is done, and follows the new run', async () => {
    ends('succeeded');
    const { exit, stdout, stderr } = await run('restart shop 3 --from test/deliver --reason network');
    expect(exit).to.equal(0);
    expect(stderr).to.include('run #4 takes over plan, build-image; it does seal');
    expect(stdout).to.include('shop#4');
    const [asked] = gantry.asked.filter(({ path }) => path.endsWith('/restart'));
    expect(asked?.body).to.deep.equal({ from: 'test/deliver', reason: 'network' });
  });

  it('ends with 1 when the new run fails, too', async () => {
    ends('failed');
    expect((await run('restart shop 3')).exit).to.equal(1);
  });

  it('returns at once with --no-wait, as one document with --json', async () => {
    const { exit, json } = await run('restart shop 3 --no-wait --json');
    expect(exit).to.equal(0);
    expect(json()).to.deep.equal({ run: 4, taken: ['plan', 'build-image'], anew: ['seal'] });
  });

  it('says why it is refused', async () => {
    gantry.on('POST /apps/shop/runs/3/restart', (_, response) =>
      refuse(response, 409, 'restart-outdated', 'shop#3 is outdated: run 5 came after it and is succeeded', ''),
    );
    const { exit, stderr } = await run('restart shop 3');
    expect(exit).to.equal(1);
    expect(stderr).to.include('run 5 came after it');
  });
});
