import { expect } from 'chai';
import { sql } from 'kysely';
import type { EngineParts } from '../../../engine/parts';
import type { TriggersFound } from '../../../engine/triggers/look';
import { makeEngine, type TestEngine } from '../../support/engine';

const MAIN = 'refs/heads/main';
const NO_COMMIT = '0'.repeat(40);
const FIRST = 'a'.repeat(40);
const SECOND = 'b'.repeat(40);
const HOUR = 3_600_000;

const hourly = { cron: '0 * * * *', zone: 'UTC', ref: null };
const nightly = { cron: '0 3 * * *', zone: 'Europe/Berlin', ref: 'main' };
const wanting = (...schedule: { cron: string; zone: string; ref: string | null }[]): TriggersFound => ({
  schedule,
  released: [],
});

describe('a schedule', () => {
  let test: TestEngine;
  const begin = async (change: Partial<EngineParts> = {}): Promise<void> => {
    test = await makeEngine(change);
    await test.engine.apps.create('shop', 'user:ada');
    await push(NO_COMMIT, FIRST);
  };
  afterEach(() => test.close());

  const push = (before: string, after: string, ref = MAIN) =>
    test.engine.deliveries.accept({ app: 'shop', source: 'test', ref, before, after, pusher: 'ada' }, 'user:ada');
  const read = async (found: TriggersFound): Promise<void> => {
    for (const app of await test.engine.triggers.toLook()) await test.engine.triggers.note(app, found);
  };
  const start = () => test.engine.triggers.startScheduled();
  const show = () => test.engine.triggers.show('shop');
  const scheduled = () => test.engine.parts.store.read.selectFrom('runs').selectAll().where('trigger', '=', 'schedule');
  const runs = () => scheduled().orderBy('number').execute();
  /** As if the clocks had gone on by so much since its next time was counted. */
  const passes = (ms: number) =>
    test.engine.parts.store.write((tx) =>
      tx
        .updateTable('schedules')
        .set({ next_at: sql`next_at - ${ms}`, counted_at: sql`counted_at - ${ms}` })
        .execute(),
    );

  it('starts nothing before its time, and one run of the head of its branch when it has come', async () => {
    await begin();
    await read(wanting(hourly));
    expect(await start()).to.equal(0);
    await passes(HOUR);
    expect([await start(), await start()]).to.deep.equal([1, 0]);
    const [run] = await runs();
    expect(run).to.include({ ref: MAIN, commit: FIRST, started_by: 'rule:schedule', state: 'queued' });
    expect((await test.engine.runs.show('shop', run?.number ?? 0)).cause).to.match(
      /^started by the schedule "0 \* \* \* \*" for \d{4}-\d\d-\d\d \d\d:00 UTC/,
    );
  });

  it('makes up for the last time that was missed, and says so', async () => {
    await begin();
    await read(wanting(hourly));
    await passes(30 * HOUR);
    expect([await start(), await start()]).to.deep.equal([1, 0]);
    const [run] = await runs();
    const { cause } = await test.engine.runs.show('shop', run?.number ?? 0);
    expect(cause).to.include('made up for: it is the last of those that nobody could start since');
    const [shown] = (await show()).schedules;
    expect(shown?.lastRun).to.equal(run?.number);
    expect(shown?.next.map((time) => time % HOUR)).to.deep.equal([0, 0, 0]);
    expect((shown?.lastAt ?? 0) + HOUR).to.equal(shown?.next[0]);
  });

  it('that cannot be started says why, and keeps none behind it', async () => {
    await begin({ limits: { perApp: 5, inAll: 50 } });
    await read(wanting(hourly, { ...hourly, cron: '30 * * * *' }));
    await passes(2 * HOUR);
    const { write } = test.engine.parts.store;
    await write((tx) =>
      tx.updateTable('schedules').set({ zone: 'Nowhere/At-All' }).where('cron', '=', '0 * * * *').execute(),
    );
    expect(await start()).to.equal(1);
    const reasons = (await test.engine.parts.store.read.selectFrom('schedules').select('reason').execute()).map(
      (s) => s.reason,
    );
    expect(reasons.filter((reason) => reason.startsWith('it could not be started'))).to.have.length(1);
  });

  it('starts one run however many look at once', async () => {
    await begin();
    await read(wanting(hourly));
    await passes(HOUR);
    const started = await Promise.all(Array.from({ length: 8 }, start));
    expect(started.reduce((sum, one) => sum + one, 0)).to.equal(1);
    expect(await runs()).to.have.length(1);
  });

  it('is another one when it is changed, and goes when it is taken out', async () => {
    await begin();
    await read(wanting(hourly));
    await passes(HOUR);
    await push(FIRST, SECOND);
    await read(wanting(nightly));
    expect(await start()).to.equal(0);
    expect((await show()).schedules.map(({ cron, ref }) => [cron, ref])).to.deep.equal([['0 3 * * *', 'main']]);
    await push(SECOND, 'c'.repeat(40));
    await read(wanting());
    expect((await show()).schedules).to.deep.equal([]);
  });

  it('keeps its time when the pipeline around it changes', async () => {
    await begin();
    await read(wanting(hourly));
    await passes(HOUR);
    await push(FIRST, SECOND);
    await read(wanting(hourly, nightly));
    expect(await start()).to.equal(1);
    expect((await runs())[0]?.commit).to.equal(SECOND);
  });

  it('rests while its pipeline cannot be read, says why, and does not make up for that time', async () => {
    await begin();
    await read(wanting(hourly));
    await push(FIRST, SECOND);
    await read({ reason: 'gantry.yml is refused' });
    await passes(3 * HOUR);
    expect(await start()).to.equal(0);
    expect(await show()).to.deep.include({ reason: 'gantry.yml is refused', commit: SECOND });
    expect((await show()).schedules[0]?.next).to.deep.equal([]);
    await push(SECOND, 'c'.repeat(40));
    await read(wanting(hourly));
    expect(await start()).to.equal(0);
    await passes(HOUR);
    expect(await start()).to.equal(1);
  });

  it('is made up for when only the repository did not answer', async () => {
    await begin();
    await read(wanting(hourly));
    await push(FIRST, SECOND);
    await read({ reason: 'no answer', again: true });
    await passes(3 * HOUR);
    expect(await start()).to.equal(0);
    await read(wanting(hourly));
    expect(await start()).to.equal(1);
  });

  it('says that its branch is gone', async () => {
    await begin();
    await read(wanting({ ...hourly, ref: 'release' }));
    await passes(HOUR);
    expect(await start()).to.equal(0);
    const [shown] = (await show()).schedules;
    expect(shown).to.deep.include({ reason: 'there is no refs/heads/release', lastRun: null });
    expect(await start()).to.equal(0);
  });

  it('waits for room among the open runs, and is made up for when there is some', async () => {
    await begin({ limits: { perApp: 1, inAll: 10 } });
    await read(wanting(hourly));
    await passes(HOUR);
    expect(await start()).to.equal(0);
    expect((await show()).schedules[0]?.reason).to.include('1 open runs');
    await test.engine.runs.cancel({ app: 'shop', run: 1, reason: '' }, 'user:ada');
    expect(await start()).to.equal(1);
    expect((await show()).schedules[0]?.reason).to.equal('');
  });

  it('is counted anew when the clock that counted it was ahead', async () => {
    await begin();
    await read(wanting(hourly));
    await passes(-400 * 24 * HOUR);
    expect(await start()).to.equal(0);
    const [row] = await test.engine.parts.store.read.selectFrom('schedules').selectAll().execute();
    expect((row?.next_at ?? 0) - Date.now()).to.be.within(0, HOUR);
  });

  it('is read from the default branch only', async () => {
    await begin();
    await read(wanting(hourly));
    await push(NO_COMMIT, SECOND, 'refs/heads/feature');
    expect(await test.engine.triggers.toLook()).to.deep.equal([]);
    await push(FIRST, SECOND);
    expect((await test.engine.triggers.toLook()).map(({ ref, commit }) => [ref, commit])).to.deep.equal([
      [MAIN, SECOND],
    ]);
  });

  it('is told in the audit when it comes and goes, and only then', async () => {
    await begin();
    const told = async () =>
      (await test.engine.audit.list({ chain: 'shop', limit: 100 })).filter(({ action }) => action === 'triggers.read');
    await read(wanting(hourly));
    await push(FIRST, SECOND);
    await read(wanting(hourly));
    expect(await told()).to.have.length(1);
    await push(SECOND, FIRST);
    await read(wanting());
    expect(await told()).to.have.length(2);
  });
});

describe('the default branch', () => {
  it('is main, or master where there is only that', async () => {
    const test = await makeEngine();
    const { id } = await test.engine.apps.create('shop', 'user:ada');
    const push = (ref: string, before: string, after: string) =>
      test.engine.deliveries.accept({ app: 'shop', source: 'test', ref, before, after, pusher: 'ada' }, 'user:ada');
    const refs = async () => (await test.engine.triggers.toLook()).map(({ ref }) => ref);
    expect(await test.engine.apps.defaultBranch(id)).to.equal(MAIN);
    await push('refs/heads/master', NO_COMMIT, FIRST);
    expect([await test.engine.apps.defaultBranch(id), ...(await refs())]).to.deep.equal([
      'refs/heads/master',
      'refs/heads/master',
    ]);
    await push(MAIN, NO_COMMIT, SECOND);
    expect([await test.engine.apps.defaultBranch(id), ...(await refs())]).to.deep.equal([MAIN, MAIN]);
    await test.close();
  });
});
