import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import { sql } from 'kysely';
import type { Pass } from '../../../engine/retention/passes';
import type { RetentionPolicy } from '../../../engine/retention/policy';
import { endWarm } from '../../../runners/control/end-warm';
import { prune } from '../../../runners/control/prune';
import { onPostgres } from '../../support/engine';
import { type House, makeHouse } from '../../support/house';

const PIPELINE = `app: shop
build:
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war }
serve:
  base: gantry/tomcat
  port: 8080
  health: { path: /health, within: 2s }
stages:
  test: { deliver: inject }
  production: { keepWarm: 1s }
`;
const GATED = PIPELINE.replace('keepWarm: 1s', 'approve: { role: release-manager }');
const DAY_MS = 24 * 3_600_000;
const POLICY: RetentionPolicy = {
  ...{ runs: 90 * DAY_MS, runsMin: 1, releases: 1, logs: 30 * DAY_MS, events: 30 * DAY_MS, deliveries: 90 * DAY_MS },
  ...{ instances: 30 * DAY_MS, artifacts: 30 * DAY_MS, images: 7 * DAY_MS, caches: 30 * DAY_MS },
};
const forever = new AbortController().signal;
/** A release takes half a second, and many times that on PostgreSQL on a machine that is busy: only what hangs is to end. */
const RELEASE_MS = 60_000;

/** One house with an app, and a clock that can be put forward. */
class Story {
  /** How far the clock was put forward, ms. */
  ahead = 0;
  house!: House;

  async open(): Promise<void> {
    this.ahead = 0;
    this.house = await makeHouse({
      hasty: true,
      patienceMs: RELEASE_MS,
      parts: { clock: { now: () => Date.now() + this.ahead } },
    });
    await this.house.engine.apps.create('shop', 'user:ada');
  }

  get read() {
    return this.house.engine.parts.store.read;
  }

  /** Releases 1 to `count`; the last one serves, nothing of the others stands. */
  async released(count: number): Promise<void> {
    for (let version = 1; version <= count; version++) {
      const files = { 'gantry.yml': PIPELINE, version: String(version) };
      const { row } = await this.house.through('shop', await this.house.push('shop', files));
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    }
    this.ahead += 60_000;
    await endWarm(this.house.engine, this.house.world);
  }

  async pass(kind: Pass['kind'] = 'prune', change: Partial<RetentionPolicy> = {}): Promise<Pass> {
    const { id } = await this.house.engine.retention.ask(kind, 'user:ada');
    await prune(this.house.engine, this.house.world, { ...POLICY, ...change }, forever);
    const shown = await this.house.engine.retention.show(id);
    expect([shown.state, shown.reason]).to.deep.equal(['done', '']);
    return shown;
  }

  async numbers(table: 'runs' | 'releases'): Promise<number[]> {
    const rows = await this.read.selectFrom(table).select('number').orderBy('number').execute();
    return rows.map(({ number }) => number);
  }

  async rows(table: string): Promise<number> {
    const found = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}`.execute(this.read);
    return Number(found.rows[0]?.n);
  }

  async bytes(): Promise<string[]> {
    const found: string[] = [];
    for await (const { digest } of this.house.engine.parts.bytes.list()) found.push(digest);
    return found.sort();
  }

  async artifactOf(number: number): Promise<string> {
    return (await this.house.engine.releases.show('shop', number)).record.artifact?.digest ?? '';
  }

  logs = (): Promise<string[]> => readdir(join(this.house.folder, 'logs'));

  async stable(): Promise<number | undefined> {
    const shown = await this.house.engine.environments.show((await this.house.engine.apps.find('shop')).id);
    return shown.find(({ name }) => name === 'production')?.stable?.number;
  }

  /** The entries of retention. */
  async audits() {
    const rows = await this.read.selectFrom('audit').selectAll().where('action', '=', 'retention.prune').execute();
    type Detail = { removed: Pass['report']['removed'] };
    return rows.map(({ actor, detail }) => ({ actor, ...(JSON.parse(detail) as Detail) }));
  }

  async chain(): Promise<string[]> {
    const rows = await this.read.selectFrom('audit').select('hash').orderBy('seq').execute();
    return rows.map(({ hash }) => hash);
  }
}

const counts = ({ report }: Pass) =>
  Object.fromEntries(Object.entries(report.removed).map(([kind, { count }]) => [kind, count]));

describe('retention of an app with five releases', function () {
  this.timeout(5 * RELEASE_MS);
  const story = new Story();
  const seen = { artifacts: [] as string[], chain: [] as string[], rows: 0 };
  let young: Pass;
  let afterAMonth: Pass;
  let newest: Pass;
  let look: Pass;
  let done: Pass;
  let leftByLook: number;

  before(async () => {
    await story.open();
    await story.released(5);
    seen.artifacts = [await story.artifactOf(3), await story.artifactOf(4), await story.artifactOf(5)].sort();
    young = await story.pass();
    story.ahead += 31 * DAY_MS;
    afterAMonth = await story.pass();
    story.ahead += 60 * DAY_MS;
    newest = await story.pass('prune', { runsMin: 5 });
    seen.chain = await story.chain();
    // What is told of a run after its end is no reason to keep it.
    const { row } = await story.house.engine.runs.find('shop', 1);
    const late = { run_id: row.id, app_id: row.app_id, seq: 99, at: Date.now() + story.ahead, type: 'run', data: '{}' };
    await story.house.engine.parts.store.write((tx) => tx.insertInto('events').values(late).execute());
    seen.rows = await story.rows('runs');
    look = await story.pass('look');
    leftByLook = await story.rows('runs');
    done = await story.pass();
  });
  after(() => story.house.close());

  it('removes nothing while everything is young', () => {
    expect(young.report).to.deep.include({ removed: {}, left: [] });
  });

  it('removes after a month what old runs wrote and said, but not the runs', () => {
    // 5 serves, 4 is the way back, 3 is the one release that can be gone back to besides.
    expect(counts(afterAMonth)).to.include({ logs: 2, artifacts: 2 }).and.to.include.keys('events', 'instances');
    expect(counts(afterAMonth)).to.not.include.keys('runs', 'releases', 'deliveries');
  });

  it('keeps the newest runs of each app, however old they are', () => {
    expect(counts(newest)).to.not.include.keys('runs', 'releases');
  });

  it('shows in a look exactly what the prune then removes, and removes nothing', () => {
    expect(leftByLook).to.equal(seen.rows);
    expect(look.report).to.deep.equal(done.report);
    expect(counts(look)).to.include({ runs: 2, releases: 2, deliveries: 2 });
  });

  it('removes old runs with all that hangs on them, and keeps what serves and what can be gone back to', async () => {
    expect(await story.numbers('releases')).to.deep.equal([3, 4, 5]);
    expect(await story.numbers('runs')).to.deep.equal([3, 4, 5]);
    expect(await story.bytes()).to.deep.equal(seen.artifacts);
    // A WAR and an image of each.
    expect(await story.rows('artifacts')).to.equal(6);
    expect(await story.logs()).to.have.length(3);
    expect(done.report.left).to.deep.equal([]);
  });

  it('leaves rows of nothing that went, in any table', async () => {
    const runs = (await story.read.selectFrom('runs').select('id').execute()).map(({ id }) => id);
    for (const table of ['steps', 'effects', 'events', 'approvals', 'deliveries'] as const) {
      const of = await story.read.selectFrom(table).select('run_id').execute();
      const strangers = of.filter(({ run_id }) => run_id !== null && !runs.includes(run_id));
      expect(strangers, table).to.deep.equal([]);
    }
    if (onPostgres) return;
    expect((await sql`pragma foreign_key_check`.execute(story.read)).rows).to.deep.equal([]);
  });

  it('writes one audit entry per pass, with how many went and a digest over which', async () => {
    const [ofTheMonth, entry, ...others] = await story.audits();
    expect(ofTheMonth?.removed).to.deep.equal(afterAMonth.report.removed);
    expect(others).to.deep.equal([]);
    expect(entry).to.deep.equal({ actor: 'user:ada', pass: done.id, removed: done.report.removed });
    expect(entry?.removed.runs?.digest).to.match(/^[0-9a-f]{64}$/);
  });

  it('never removes the audit', async () => {
    expect((await story.chain()).slice(0, seen.chain.length)).to.deep.equal(seen.chain);
  });

  it('leaves every way back open', async () => {
    for (const number of [3, 4]) {
      const { run } = await story.house.engine.runs.rollback({ app: 'shop', reason: '', to: number }, 'user:ada');
      const { row } = await story.house.settled('shop', run);
      expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
      expect(await story.stable()).to.equal(number);
    }
  });
});

describe('retention', function () {
  this.timeout(4 * RELEASE_MS);
  const story = new Story();
  beforeEach(() => story.open());
  afterEach(() => story.house.close());

  it('keeps what an undo of the run that serves needs, also in a test environment', async () => {
    await story.released(3);
    story.ahead += 91 * DAY_MS;
    // Release 2 stands nowhere, but the undo of run 3 gives it back to test and to production.
    await story.pass('prune', { releases: 0 });
    expect(await story.bytes()).to.include(await story.artifactOf(2));
    const wanted = { app: 'shop', run: 3, before: 'test/deliver' };
    const { hash } = await story.house.engine.runs.previewUndo(wanted);
    const { run } = await story.house.engine.runs.undo({ ...wanted, reason: '', previewHash: hash }, 'user:ada');
    const { row } = await story.house.settled('shop', run);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
    expect(await story.stable()).to.equal(2);
  });

  it('keeps a run that waits for people, and everything that it names, however old it is', async () => {
    const number = await story.house.push('shop', { 'gantry.yml': GATED, version: 'waits' });
    expect((await story.house.settled('shop', number)).row.state).to.equal('waiting');
    story.ahead += 400 * DAY_MS;
    await story.pass('prune', { releases: 0 });
    expect([await story.numbers('runs'), (await story.bytes()).length]).to.deep.equal([[1], 1]);
    story.ahead = 60_000; // or the question would have expired
    expect((await story.house.through('shop', number)).row.state).to.equal('succeeded');
  });

  it('keeps what a run that is being taken back names, since its undo reads there how things were', async () => {
    await story.released(4);
    story.ahead += 91 * DAY_MS;
    const { row } = await story.house.engine.runs.find('shop', 2);
    const undoing = { state: 'undoing', ended_at: null, undoes_run: row.id } as const;
    await story.house.engine.parts.store.write(async (tx) => {
      await tx.updateTable('runs').set(undoing).where('number', '=', 4).execute();
      // Nothing else leads to it: it carries no release that is kept.
      await tx.updateTable('runs').set({ release_id: null }).where('number', '=', 2).execute();
    });
    // Run 2 names release 1, which was stable before it.
    await story.pass('prune', { releases: 0 });
    expect(await story.numbers('releases')).to.deep.equal([1, 2, 3, 4]);
  });

  it('keeps bytes without a record that a kept release, or a run that has not ended, is made of', async () => {
    await story.released(1);
    const { bytes, store } = story.house.engine.parts;
    const [file, given, free] = [
      await bytes.put(Readable.from(['configuration']), 100),
      await bytes.put(Readable.from(['upload']), 100),
      await bytes.put(Readable.from(['nobody asks']), 100),
    ];
    const release = await story.house.engine.releases.show('shop', 1);
    const record = JSON.stringify({ ...release.record, note: file.digest });
    const waits = await story.house.push('shop', { 'gantry.yml': GATED, version: 'waits' });
    await story.house.settled('shop', waits);
    const run = await story.house.engine.runs.find('shop', waits);
    await store.write(async (tx) => {
      await tx.updateTable('releases').set({ record }).where('number', '=', 1).execute();
      const spec = JSON.stringify({ given: given.digest });
      await tx.updateTable('steps').set({ spec }).where('run_id', '=', run.row.id).execute();
    });
    story.ahead += 91 * DAY_MS;
    await story.pass();
    expect(await story.bytes())
      .to.include.members([file.digest, given.digest])
      .and.not.include(free.digest);
  });

  it('removes old bytes also while others are built', async () => {
    await story.released(4);
    const first = await story.artifactOf(1);
    story.ahead += 91 * DAY_MS;
    const { store } = story.house.engine.parts;
    const builds = store.read.selectFrom('steps').select('id').where('kind', '=', 'build-artifact').limit(1);
    await store.write((tx) => tx.updateTable('steps').set({ state: 'running' }).where('id', 'in', builds).execute());
    await story.pass('prune', { runsMin: 5 });
    expect(await story.bytes())
      .to.have.length(3)
      .and.not.include(first);
  });

  it('counts what is built once more as young', async () => {
    await story.released(2);
    const { house } = story;
    const { commit } = (await house.engine.runs.find('shop', 1)).row;
    const sealedAt = async () => {
      const query = story.read
        .selectFrom('artifacts')
        .select('sealed_at')
        .where('digest', '=', await story.artifactOf(1));
      return (await query.executeTakeFirstOrThrow()).sealed_at;
    };
    const first = await sealedAt();
    story.ahead += 31 * DAY_MS;
    expect((await house.through('shop', await house.push('shop', commit))).row.state).to.equal('succeeded');
    expect(await sealedAt()).to.be.at.least(first + 31 * DAY_MS);
    const seals = story.read.selectFrom('audit').select('object').where('action', '=', 'artifact.seal');
    const sealed = await seals.where('object', '=', await story.artifactOf(1)).execute();
    expect(sealed).to.have.length(1);
  });

  it('keeps bytes that are young: a step or an upload may be about to name them', async () => {
    const { digest } = await story.house.engine.parts.bytes.put(Readable.from(['new']), 10);
    story.ahead += 23 * 3_600_000;
    await story.pass();
    expect(await story.bytes()).to.deep.equal([digest]);
    story.ahead += 2 * 3_600_000;
    await story.pass();
    expect(await story.bytes()).to.deep.equal([]);
  });

  it('goes on with a pass that was cut off, and audits what it did before, too', async () => {
    await story.released(4);
    story.ahead += 91 * DAY_MS;
    const { house } = story;
    const { id } = await house.engine.retention.ask('prune', 'user:ada');
    const stopped = new AbortController();
    const { list } = house.world.logFolders;
    house.world.logFolders.list = () => {
      stopped.abort();
      return list();
    };
    await prune(house.engine, house.world, POLICY, stopped.signal);
    expect((await house.engine.retention.show(id)).state).to.equal('running');
    expect([await story.numbers('runs'), await story.audits()]).to.deep.equal([[2, 3, 4], []]);
    house.world.logFolders.list = list;
    await prune(house.engine, house.world, POLICY, forever);
    expect((await story.audits()).map(({ removed }) => removed.runs?.count)).to.deep.equal([1]);
  });

  it('tells why it did not come to its end, and is tried again with the next pass', async () => {
    const { house } = story;
    const { id } = await house.engine.retention.ask('prune', 'user:ada');
    const { belongings } = house.world;
    house.world.belongings = { ...belongings, list: () => Promise.reject(new Error('Docker does not answer')) };
    const failed = await prune(house.engine, house.world, POLICY, forever).catch((error: Error) => error.message);
    expect(failed).to.equal('Docker does not answer');
    expect(await house.engine.retention.show(id)).to.include({ state: 'failed', reason: 'Docker does not answer' });
    house.world.belongings = belongings;
    await story.pass();
  });

  it('is refused after a restore until somebody has confirmed it', async () => {
    await story.house.engine.holds.begin('restore', { reason: 'records came back', since: 1, forMs: null });
    const asked = story.house.engine.retention.ask('prune', 'user:ada');
    expect(await asked.catch((error: { code: string }) => error.code)).to.equal('held');
  });

  it('is done by itself every hour', async () => {
    const next = () => story.house.engine.retention.next(3_600_000);
    await prune(story.house.engine, story.house.world, POLICY, forever);
    expect((await story.house.engine.retention.measure()).lastPrune).to.include({ askedBy: 'rule:retention' });
    expect(await next()).to.equal(undefined);
    story.ahead += 3_600_001;
    expect(await next()).to.include({ kind: 'prune', askedBy: 'rule:retention' });
  });

  it('removes at most 500 rows in one transaction, so that others write in between', async () => {
    const { store } = story.house.engine.parts;
    const app = await story.house.engine.apps.find('shop');
    const event = { run_id: null, app_id: app.id, seq: 0, at: Date.now(), type: 'run', data: '{}' };
    for (let i = 0; i < 12; i++) {
      await store.write((tx) =>
        tx
          .insertInto('events')
          .values(Array.from({ length: 100 }, () => event))
          .execute(),
      );
    }
    story.ahead += 91 * DAY_MS;
    const removed: number[] = [];
    const { write } = store;
    store.write = (work) =>
      write(async (tx) => {
        const count = async () => (await tx.selectFrom('events').select('id').execute()).length;
        const there = await count();
        const answer = await work(tx);
        removed.push(there - (await count()));
        return answer;
      });
    await story.pass();
    store.write = write;
    expect(removed.filter((n) => n > 0)).to.deep.equal([500, 500, 200]);
  });
});
