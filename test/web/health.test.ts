import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { noteWatched } from '../../engine/audit/watched';
import { silentBell } from '../../engine/queue/bell';
import { type House, makeHouse } from './support/house';
import { until } from './support/until';

interface Shown {
  ready: boolean;
  parts: { name: string; needed: boolean; state: string; since: number; found: string; next: string }[];
}

describe('health', () => {
  let house: House;
  let bell: 'up' | 'down';
  beforeEach(async () => {
    bell = 'up';
    house = await makeHouse({ bell: { ...silentBell(), state: () => bell } });
    await house.engine.runners.announce({
      owner: 'r1',
      cluster: 'local',
      places: 8,
      pools: ['default'],
      kinds: ['plan'],
    });
  });
  afterEach(() => house.close());

  const look = async (path = '/health') => {
    const answer = await house.ask(path, { as: 'nobody' });
    return { status: answer.status, shown: (await answer.json()) as Shown };
  };
  const part = async (name: string) => (await look()).shown.parts.find((p) => p.name === name);
  /** A look is not made anew for each who asks, so what changed is seen a moment later. */
  const untilState = (name: string, state: string) => until(async () => (await part(name))?.state === state);

  it('is well, part by part, and anybody may see it', async () => {
    const { status, shown } = await look();
    expect(status).to.equal(200);
    expect(shown.ready).to.equal(true);
    expect(shown.parts.map(({ name, state, next }) => [name, state, next])).to.deep.equal([
      ['sql', 'up', ''],
      ['schema', 'up', ''],
      ['bytes', 'up', ''],
      ['bell', 'up', ''],
      ['runners', 'up', ''],
      ['audit', 'up', ''],
    ]);
    expect(await (await house.ask('/health/live', { as: 'nobody' })).json()).to.deep.equal({ ok: true });
  });

  it('is ready without Redis, tells since when it is gone, and what to do', async () => {
    const before = Date.now();
    await look();
    bell = 'down';
    await untilState('bell', 'degraded');
    const { status, shown } = await look('/health');
    expect([status, shown.ready]).to.deep.equal([200, true]);
    const redis = await part('bell');
    expect(redis).to.include({ state: 'degraded', needed: false });
    expect(redis?.since).to.be.within(before, Date.now());
    expect(redis?.next).to.include('Redis');
    bell = 'up';
    await untilState('bell', 'up');
    expect((await part('bell'))?.since).to.be.greaterThan(redis?.since ?? Number.POSITIVE_INFINITY);
  });

  it('is ready without a runner: what is accepted waits for one', async () => {
    await house.engine.runners.dismiss('r1');
    await untilState('runners', 'degraded');
    const { status, shown } = await look();
    expect([status, shown.ready]).to.deep.equal([200, true]);
    expect((await part('runners'))?.found).to.match(/^the last one left \d{4}-/);
  });

  it('says that nobody checks the audit any more, after ten minutes or four times what that takes', async () => {
    const noted = async (agoMs: number, passMs: number) => {
      const passedAt = Date.now() - agoMs;
      await noteWatched(house.engine.parts, { passedAt, passMs, entries: 3, anchoredAt: null, breaks: [] });
    };
    await noted(11 * 60_000, 1_000);
    await untilState('audit', 'degraded');
    expect(await part('audit')).to.include({ needed: false });
    expect((await part('audit'))?.found).to.match(/^was checked last at \d{4}-/);
    await noted(11 * 60_000, 3 * 60_000);
    await untilState('audit', 'up');
    await noted(9 * 60_000, 1_000);
    await untilState('audit', 'up');
  });

  it('is not ready when SQL cannot be written, or hangs, and names no file', async () => {
    house.engine.store.proveWritable = () =>
      Promise.reject(Object.assign(new Error(`readonly database ${house.home}`), { code: 'SQLITE_READONLY' }));
    const { status, shown } = await look('/health');
    expect([status, shown.ready]).to.deep.equal([503, false]);
    expect(shown.parts.find(({ name }) => name === 'sql')).to.deep.include({
      state: 'down',
      found: 'does not work (SQLITE_READONLY)',
    });
    expect(JSON.stringify(shown)).to.not.include(house.home);
    house.engine.store.proveWritable = () => new Promise(() => undefined);
    await until(async () => (await part('sql'))?.found === 'no answer within 2 s');
    expect((await look('/health')).status).to.equal(503);
  }).timeout(10_000);

  it('is not ready when the schema is not the one that this binary knows', async () => {
    house.engine.store.schemaVersions = async () => ({ found: 9, known: 7 });
    expect((await look()).status).to.equal(503);
    house.engine.store.schemaVersions = async () => ({ found: 8, known: 7 });
    await untilState('schema', 'degraded');
    expect((await look()).status, 'one more is an upgrade on its way').to.equal(200);
  });

  it('is not ready when artifacts cannot be kept', async () => {
    const folder = join(house.home, 'artifacts');
    rmSync(folder, { recursive: true, force: true });
    writeFileSync(folder, 'a file in its place');
    expect((await look('/health')).status).to.equal(503);
    rmSync(folder);
    mkdirSync(folder);
    chmodSync(folder, 0o700);
    await until(async () => (await look('/health')).status === 200);
  });

  it('looks once for all who ask at the same time', async () => {
    let looks = 0;
    const { proveWritable } = house.engine.store;
    house.engine.store.proveWritable = () => {
      looks += 1;
      return proveWritable();
    };
    await Promise.all(Array.from({ length: 50 }, () => look('/health/ready')));
    expect(looks).to.equal(1);
  });

  it('is a page for people, even when nothing can be read from SQL', async () => {
    await house.engine.parts.store.close();
    const page = async () => {
      const answer = await house.ask('/health', { as: 'nobody', headers: { accept: 'text/html' } });
      return { status: answer.status, text: await answer.text() };
    };
    await until(async () => (await page()).status === 503);
    const { text } = await page();
    expect(text).to.include('Gantry is not ready').and.include('Database').and.include('look at the disk');
  });
});
