import { expect } from 'chai';
import { enterPlace } from '../../engine/runs/places';
import { Line } from './support/line';

const SERVE = 'serve: { image: {}, port: 80, health: { path: /health } }\n';
/** Test, then gray, then production, each behind a gate. */
const GATED = `${SERVE}stages:
  test: { approve: { role: tester } }
  gray: { approve: { role: release-manager } }
  production: {}
`;
const BUILD = ['build-image', 'seal'];
const TEST = [...BUILD, 'test/deliver'];

describe('pushes that come faster than they are carried out', () => {
  let line: Line;
  afterEach(() => line.close());

  it('are one that is built and one that waits, and each other one says which took its place [F37]', async function () {
    this.timeout(60_000);
    line = await Line.of(GATED);
    await line.push();
    expect(await line.take()).to.deep.equal(['1 build-image']);
    for (let number = 2; number <= 100; number++) await line.push();
    const replaced = Array.from({ length: 98 }, (_, i) => `${i + 2} superseded: superseded by #${i + 3}`);
    expect(await line.states()).to.deep.equal(['1 running', ...replaced, '100 running']);
    expect(await line.take()).to.deep.equal([]);
    await line.end('1 build-image');
    await line.go(1, 'seal');
    expect(await line.take()).to.deep.equal(['1 test/deliver', '100 build-image']);
  });

  it('are not planned first to be superseded', async () => {
    line = await Line.of(GATED);
    for (let i = 0; i < 3; i++) await line.push('main', { planned: false });
    await line.take(['plan']);
    const { engine } = line.test;
    await line.plan(3);
    expect((await engine.runs.find('shop', 1)).row.superseded_by).to.equal(3);
    expect((await line.states()).map((text) => text.split(/[ :]+/)[1])).to.deep.equal([
      'undoing',
      'undoing',
      'running',
    ]);
    for (const late of [1, 2]) await line.planned(late);
    const replaced = [1, 2].map((number) => `${number} superseded: superseded by #3`);
    expect([await line.states(), await line.take()]).to.deep.equal([[...replaced, '3 running'], ['3 build-image']]);
  });

  it('do not stop what is between two steps of its build', async () => {
    line = await Line.of(`build: { commands: [{ name: unit, in: gantry/node, run: "true" }] }\n${GATED}`);
    await line.push();
    await line.take(['command']);
    await line.end('1 command/unit');
    await line.push();
    expect(await line.states()).to.deep.equal(['1 running', '2 running']);
    expect(await line.take()).to.deep.equal(['1 build-image']);
  });

  it('are all built, side by side, where the pipeline says so', async () => {
    line = await Line.of(`build: { order: every }\n${GATED}`);
    for (let i = 0; i < 3; i++) await line.push();
    expect(await line.take()).to.deep.equal(['1 build-image', '2 build-image', '3 build-image']);
  });

  it('leave the branch where its last push set it, though that was back to the commit of an older one', async () => {
    line = await Line.of(`build: { order: every }\n${GATED}`);
    await line.push('hotfix');
    await line.go(1, ...TEST, 'test/approve');
    for (let i = 0; i < 2; i++) await line.push();
    const { engine } = line.test;
    const { id } = await engine.apps.find('shop');
    const first = (await engine.runs.find('shop', 2)).row.commit;
    await line.push('main', { commit: first });
    await line.take();
    for (const run of [3, 2]) {
      await line.end(`${run} build-image`);
      await line.go(run, 'seal');
    }
    expect((await line.states())[1]).to.equal('2 superseded: superseded by #3');
    expect((await engine.deliveries.heads(id)).get('refs/heads/main')).to.equal(first);
  });

  it('of other branches take no place', async () => {
    line = await Line.of(GATED);
    for (const branch of ['main', 'hotfix', 'fix']) await line.push(branch);
    expect(await line.take()).to.deep.equal(['1 build-image', '2 build-image', '3 build-image']);
    await line.push('hotfix');
    expect(await line.states()).to.deep.equal(['1 running', '2 running', '3 running', '4 running']);
  });
});

describe('a run at a stage', () => {
  let line: Line;
  afterEach(() => line.close());

  it('has it alone until it leaves it, and then the next branch comes', async () => {
    line = await Line.of(GATED);
    await line.push();
    await line.push('hotfix');
    await line.go(1, 'build-image', 'seal');
    await line.end('2 build-image');
    await line.go(2, 'seal');
    expect(await line.take()).to.deep.equal([]);
    await line.end('1 test/deliver');
    await line.go(1, 'test/approve');
    expect(await line.take()).to.deep.equal([]);
    await line.approve(1);
    expect(await line.take()).to.deep.equal(['1 gray/deliver', '2 test/deliver']);
  });

  it('is closed when a newer one comes while it waits for people, and its question with it', async () => {
    line = await Line.of(GATED);
    await line.push();
    await line.go(1, ...TEST, 'test/approve');
    await line.push();
    await line.go(2, ...BUILD);
    expect(await line.states()).to.deep.equal(['1 superseded: superseded by #2', '2 running']);
    expect(await line.take()).to.deep.equal(['2 test/deliver']);
    const late = await line.approve(1).catch((error: Error) => error.message);
    expect(late).to.equal('nothing waits for approval in shop#1');
  });

  it('gives way when it comes to its gate while a newer one waits already', async () => {
    line = await Line.of(GATED);
    await line.push();
    await line.go(1, ...TEST);
    await line.take();
    await line.push();
    await line.go(2, ...BUILD);
    expect(await line.states()).to.deep.equal(['1 running', '2 running']);
    await line.end('1 test/approve', { end: 'waiting', reason: 'people' });
    expect(await line.states()).to.deep.equal(['1 superseded: superseded by #2', '2 running']);
    expect(await line.take()).to.deep.equal(['2 test/deliver']);
  });

  it('keeps gray, and the newer one waits behind it', async () => {
    line = await Line.of(GATED);
    await line.push();
    await line.go(1, ...TEST, 'test/approve');
    await line.approve(1);
    await line.go(1, 'gray/deliver', 'gray/approve');
    await line.push();
    await line.go(2, ...TEST, 'test/approve');
    await line.approve(2);
    expect(await line.take()).to.deep.equal([]);
    expect(await line.states()).to.deep.equal(['1 waiting', '2 running']);
    await line.approve(1);
    await line.go(1, 'gray/share', 'production/deliver', 'production/promote', 'production/retire');
    expect(await line.take()).to.deep.equal(['2 gray/deliver']);
  });

  it('is not overtaken on its way to gray by a newer one that was built sooner', async () => {
    line = await Line.of(`build: { order: every }\n${SERVE}stages: { gray: {}, production: {} }\n`);
    await line.push();
    await line.push();
    await line.take();
    await line.end('2 build-image');
    await line.go(2, 'seal');
    expect(await line.take()).to.deep.equal([]);
    await line.end('1 build-image');
    await line.go(1, 'seal');
    expect(await line.take()).to.deep.equal(['1 gray/deliver']);
  });

  it('goes through gray although an older one begins anew meanwhile', async () => {
    line = await Line.of(`build: { order: every }\n${SERVE}stages: { gray: {}, production: {} }\n`);
    await line.push();
    await line.push();
    await line.take();
    await line.end('1 build-image', { end: 'failed', fault: 'user', reason: 'it does not compile', next: '' });
    await line.end('2 build-image');
    await line.go(2, 'seal');
    await line.take();
    const { store } = line.test.engine.parts;
    const first = store.read.selectFrom('runs').select('id').where('number', '=', 1);
    await store.write(async (tx) => {
      await tx.updateTable('runs').set({ ended_at: null, state: 'running' }).where('id', '=', first).execute();
      const itsSteps = tx.updateTable('steps').set({ state: 'pending' }).where('run_id', '=', first);
      await itsSteps.where('role', '=', 'gray').execute();
    });
    await line.end('2 gray/deliver');
    expect(await line.take()).to.deep.equal(['2 gray/share']);
  });

  it('is taken back from gray for a newer one where the newest wins', async () => {
    line = await Line.of(`${SERVE}stages: { gray: { order: newest, approve: { role: ops } }, production: {} }\n`);
    await line.push();
    await line.go(1, ...BUILD, 'gray/deliver', 'gray/approve');
    await line.push();
    await line.go(2, ...BUILD);
    expect(await line.states()).to.deep.equal(['1 undoing: superseded by #2', '2 running']);
    expect(await line.take()).to.deep.equal(['1 undo gray/deliver']);
    await line.end('1 undo gray/deliver');
    expect(await line.take()).to.deep.equal(['2 gray/deliver']);
  });

  it('is closed as outdated when production has a newer one', async () => {
    line = await Line.of(`build: { order: every }\n${SERVE}stages: { production: { order: newest } }\n`);
    await line.push();
    await line.push();
    await line.take();
    await line.end('2 build-image');
    await line.go(2, 'seal', 'production/deliver', 'production/promote');
    expect((await line.states())[0]).to.equal('1 undoing: superseded by #2');
    await line.end('1 build-image', { end: 'failed', fault: 'user', reason: 'stopped', next: '' });
    expect((await line.states())[0]).to.equal('1 superseded: superseded by #2');
  });

  it('is not held up by anything when it goes back', async () => {
    line = await Line.of(GATED);
    await line.push();
    await line.go(1, ...TEST, 'test/approve');
    await line.approve(1);
    await line.go(1, 'gray/deliver');
    await line.test.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
    expect(await line.take()).to.deep.equal(['1 undo gray/deliver']);
  });

  it('has its place alone, whoever looked at it before', async () => {
    line = await Line.of(GATED);
    const { parts } = line.test.engine;
    await line.push();
    await line.push('hotfix');
    const app = (await line.test.engine.apps.find('shop')).id;
    const rows = await parts.store.read.selectFrom('runs').select('id').orderBy('number').execute();
    const enter = (run: (typeof rows)[number] | undefined) =>
      parts.store.write((tx) => enterPlace(tx, { app, place: 'stage test', run: run?.id as never, now: 1 }));
    expect([await enter(rows[0]), await enter(rows[1]), await enter(rows[0])]).to.deep.equal([true, false, true]);
  });
});
