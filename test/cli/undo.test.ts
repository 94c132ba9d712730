import { expect } from 'chai';
import type { UndoPreview } from '../../cli/api/types';
import { Desk, type Ran } from './support/command-line';
import { aRun, aStep, FakeGantry, refuse, sendEvents } from './support/fake-gantry';

const PREVIEW: UndoPreview = {
  app: 'shop',
  run: 3,
  what: 'back to before production/promote',
  steps: [
    { step: 'production/promote', kind: 'promote', does: 'release 1 becomes stable again', lastMs: 42 },
    { step: 'test/deliver', kind: 'deliver', does: 'test gets release 1 back', lastMs: null },
  ],
  skipped: [{ step: 'production/retire', why: 'it retired nothing' }],
  refused: [],
  hash: 'abc123',
};

describe('gantry undo', () => {
  let gantry: FakeGantry;
  let desk: Desk;
  const run = (line: string): Promise<Ran> => desk.run(line.split(' '), { environment: gantry.environment });
  const undos = () => gantry.asked.filter(({ path }) => path.endsWith('/undo'));

  beforeEach(async () => {
    gantry = new FakeGantry();
    desk = new Desk();
    await gantry.start();
    gantry.on('POST /apps/shop/runs/3/undo/preview', () => PREVIEW);
    gantry.on('POST /apps/shop/runs/3/undo', () => ({ run: 4, steps: ['production/promote', 'test/deliver'] }));
    const done = aRun({ number: 4, trigger: 'undo', state: 'succeeded', endedAt: 1_900, undoes: 3 });
    gantry.on('GET /apps/shop/runs/4', () => ({
      ...done,
      steps: [aStep('undo production/promote', { verb: 'undo' })],
    }));
    gantry.on('GET /apps/shop/runs/4/events', (_, response) => sendEvents(response, [1], 'end'));
  });
  afterEach(async () => {
    await gantry.stop();
    desk.clear();
  });

  it('shows what will happen, in order, how long it took last time, and what stays', async () => {
    const { exit, stdout } = await run('undo shop 3 --before production/promote --preview');
    expect(exit).to.equal(0);
    expect(stdout).to.equal(
      [
        'Undo of shop#3, back to before production/promote',
        '',
        '   STEP                LAST TIME   WHAT WILL HAPPEN',
        '1  production/promote  42 ms       release 1 becomes stable again',
        '2  test/deliver        never done  test gets release 1 back',
        '',
        'STAYS AS IT IS     WHY',
        'production/retire  it retired nothing',
        '',
      ].join('\n'),
    );
    expect(gantry.asked.at(-1)?.body).to.deep.equal({ before: 'production/promote' });
    expect((await run('undo shop 3 --before production/promote --preview --json')).json()).to.deep.equal(PREVIEW);
    expect(undos()).to.deep.equal([]);
  });

  it('does nothing in a pipe without --yes, and shows what it is about', async () => {
    const { exit, stdout, stderr } = await run('undo shop 3 production/promote');
    expect(exit).to.equal(2);
    expect(stdout).to.contain('release 1 becomes stable again');
    expect(stderr).to.contain('say it with --yes');
    expect(undos()).to.deep.equal([]);
  });

  it('does exactly what was shown, and follows the run that does it', async () => {
    const { exit, stdout } = await run('undo shop 3 production/promote --yes --reason slow');
    expect(exit).to.equal(0);
    expect(undos()[0]?.body).to.deep.equal({ step: 'production/promote', previewHash: 'abc123', reason: 'slow' });
    expect(stdout).to.contain('undo production/promote').and.to.contain('shop#4 succeeded');
    const { json } = await run('undo shop 3 production/promote --yes --json');
    expect(json()).to.deep.equal({
      run: 4,
      steps: ['production/promote', 'test/deliver'],
      state: 'succeeded',
      ms: 900,
    });
  });

  it('tells why it cannot be done, with exit status 1', async () => {
    const refused = [
      { step: 'production/promote', why: 'release 2 is not stable any more', next: 'take that one back' },
    ];
    gantry.on('POST /apps/shop/runs/3/undo/preview', () => ({ ...PREVIEW, steps: [], refused }));
    const { exit, stdout, stderr } = await run('undo shop 3 production/promote --yes');
    expect(exit).to.equal(1);
    expect(stdout).to.contain('CANNOT BE UNDONE');
    expect(stderr).to.equal(
      'gantry: nothing was done: production/promote stays: release 2 is not stable any more; take that one back\n',
    );
    expect(undos()).to.deep.equal([]);
  });

  it('passes on that the picture has changed', async () => {
    gantry.on('POST /apps/shop/runs/3/undo', (_, response) =>
      refuse(response, 409, 'preview-changed', 'it has changed', 'look again'),
    );
    const { exit, stderr } = await run('undo shop 3 production/promote --yes');
    expect([exit, stderr]).to.deep.equal([1, 'gantry: it has changed; look again\n']);
  });

  for (const line of ['undo shop 3', 'undo shop 3 seal --before seal']) {
    it(`wants either a step or --before: gantry ${line}`, async () => {
      const { exit, stderr } = await run(line);
      expect(exit).to.equal(2);
      expect(stderr).to.contain('either a STEP, or --before STEP');
    });
  }

  it('is seen at the old run and at the new one', async () => {
    const steps = [aStep('production/promote', { undoneBy: 4 })];
    gantry.on('GET /apps/shop/runs/3', () => aRun({ steps }));
    expect((await run('run show shop 3')).stdout).to.contain('undone by run #4');
    expect((await run('run show shop 4')).stdout).to.match(/undoes +run #3/);
  });
});

describe('gantry rollback --to', () => {
  it('names the release, and refuses what is no number', async () => {
    const gantry = new FakeGantry();
    const desk = new Desk();
    await gantry.start();
    try {
      gantry.on('POST /apps/shop/rollback', () => ({
        run: 5,
        kind: 'cold',
        from: 'shop release 6',
        to: 'shop release 4',
      }));
      const words = (to: string) => ['rollback', 'shop', '--to', to, '--no-wait'];
      await desk.run(words('#4'), { environment: gantry.environment });
      expect(gantry.asked.at(-1)?.body).to.deep.equal({ to: 4 });
      const { exit, stderr } = await desk.run(words('four'), { environment: gantry.environment });
      expect([exit, stderr]).to.deep.equal([2, 'gantry: --to is "four", and it must be a number, for example 3\n']);
    } finally {
      await gantry.stop();
      desk.clear();
    }
  });
});
