import { expect } from 'chai';
import { Desk, type Ran } from './support/command-line';
import { aRun, aStep, FakeGantry, refuse, sendEvents } from './support/fake-gantry';

const COMMIT = 'abcdef0123456789abcdef0123456789abcdef01';

describe('gantry run start', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const run = (words: string[]): Promise<Ran> => desk.run(words, { environment: gantry.environment });
  const asked = () => gantry.asked.find(({ path }) => path === '/apps/shop/runs')?.body;

  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
    const parameters = { region: 'eu' };
    gantry.on('POST /apps/shop/runs', () => ({ run: 4, ref: 'refs/heads/main', commit: COMMIT, parameters }));
    gantry.on('GET /apps/shop/runs/4/events', (_, response) => sendEvents(response, [1], 'end'));
    gantry.on('GET /apps/shop/runs/4', () => ({
      ...aRun({ number: 4, trigger: 'start', state: 'succeeded', endedAt: 1_900 }),
      steps: [aStep('seal')],
    }));
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });

  it('sends the values as they were typed, and follows the run', async () => {
    const words = ['--ref', 'v1', '--set', 'region=eu', '--set', 'note=a=b c', '--reason', 'a try'];
    const { exit, stdout, stderr } = await run(['run', 'start', 'shop', ...words]);
    expect(exit).to.equal(0);
    expect(asked()).to.deep.equal({ ref: 'v1', parameters: { region: 'eu', note: 'a=b c' }, reason: 'a try' });
    expect(stderr).to.include('run #4 of shop at abcdef012345 (main)');
    expect(stdout).to.include('shop#4');
  });

  it('returns at once with --no-wait, as one document with --json', async () => {
    const { json } = await run(['run', 'start', 'shop', '--no-wait', '--json']);
    expect(json()).to.deep.equal({ run: 4, ref: 'refs/heads/main', commit: COMMIT, parameters: { region: 'eu' } });
    expect(asked()).to.deep.equal({ parameters: {} });
  });

  it('asks for nothing when a value cannot be meant', async () => {
    expect((await run(['run', 'start', 'shop', '--set', 'region'])).stderr).to.include('it must be NAME=VALUE');
    const twice = await run(['run', 'start', 'shop', '--set', 'a=1', '--set', 'a=2']);
    expect([twice.exit, twice.stderr]).to.deep.equal([
      2,
      'gantry: --set a was given twice; give each name one value\n',
    ]);
    expect(asked()).to.equal(undefined);
  });

  it('says why it is refused', async () => {
    const words = 'there is no parameter "regoin": did you mean "region"?';
    gantry.on('POST /apps/shop/runs', (_, response) => refuse(response, 400, 'parameters', words, ''));
    const { exit, stderr } = await run(['run', 'start', 'shop', '--set', 'regoin=eu']);
    expect(exit).to.not.equal(0);
    expect(stderr).to.include(words);
  });
});

describe('gantry schedule list', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const triggers = {
    app: 'shop',
    ref: 'refs/heads/main',
    commit: COMMIT,
    reason: '',
    schedules: [],
    released: [],
    followed: [],
  };
  const list = async (told: object): Promise<string> => {
    gantry.on('GET /apps/shop/triggers', () => ({ ...triggers, ...told }));
    return (await desk.run(['schedule', 'list', 'shop'], { environment: gantry.environment })).stdout;
  };
  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });

  it('shows the next times by the clocks of the schedule, and the last run', async () => {
    const next = [Date.parse('2026-11-24T02:00:00Z'), Date.parse('2026-11-25T02:00:00Z')];
    const one = { cron: '0 3 * * *', zone: 'Europe/Berlin', ref: null, next, lastAt: 1_000, lastRun: 12, reason: '' };
    const text = await list({ schedules: [one] });
    expect(text).to.match(/0 3 \* \* \* +Europe\/Berlin +main +2026-11-24 03:00, 2026-11-25 03:00 +\S+ +#12/);
  });

  it('shows which releases start a run, and what became of the last one', async () => {
    const followed = [
      { app: 'ledger', stage: 'production', release: 3, state: 'refused', reason: 'a ring', run: null, at: 1 },
    ];
    const text = await list({ released: [{ app: 'ledger', stage: 'production' }], followed });
    expect(text).to.match(/ledger +production +release 3 +\S+ +a ring/);
  });

  it('says what keeps everything from starting, and that there is nothing', async () => {
    expect(await list({ reason: 'there is no gantry.yml' })).to.include('by itself now: there is no gantry.yml');
    expect(await list({})).to.include('Nothing starts runs of shop by itself. Write on.schedule');
    expect(await list({ commit: null })).to.include('no gantry.yml on main that was read yet');
  });
});
