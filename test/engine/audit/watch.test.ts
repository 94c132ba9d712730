import { expect } from 'chai';
import { AuditWatch } from '../../../engine/audit/watch';
import { makeEngine, type TestEngine } from '../../support/engine';
import { memoryAnchors, tamper, writeEntries } from './support';

/** As the control loop does: a turn every five seconds. */
const TURN_MS = 5_000;
const PROMISE_MS = 60_000;

describe('watching the audit', () => {
  let test: TestEngine;
  let now = 1_000_000;
  const said: string[] = [];
  beforeEach(async () => {
    said.length = 0;
    const log = { info: () => undefined, warn: () => undefined, error: (_: object, text: string) => said.push(text) };
    test = await makeEngine({ clock: { now: () => now }, log });
    await writeEntries(test.engine, 'shop', 30);
    await writeEntries(test.engine, 'bank', 3);
  });
  afterEach(() => test.close());

  /** Turns until something is found; the time that it took, ms. */
  async function foundAfter(watch: AuditWatch): Promise<number> {
    const began = now;
    while (said.length === 0 && now - began <= 2 * PROMISE_MS) {
      now += TURN_MS;
      await watch.turn();
    }
    return now - began;
  }
  async function calm(watch: AuditWatch, turns = 12): Promise<void> {
    for (let n = 0; n < turns; n++) {
      now += TURN_MS;
      await watch.turn();
    }
    expect(said).to.deep.equal([]);
  }

  it('anchors what it has checked, and only what is new', async () => {
    const anchors = memoryAnchors();
    const watch = new AuditWatch(test.engine.parts, anchors);
    await calm(watch);
    expect(anchors.kept).to.have.length(1);
    await writeEntries(test.engine, 'bank', 2);
    await calm(watch);
    expect(anchors.kept).to.have.length(2);
    expect(JSON.parse(anchors.kept[1] ?? '').heads).to.have.all.keys('bank');
    expect(await test.engine.audit.watched()).to.deep.include({ entries: 35, breaks: [] });
    expect((await test.engine.audit.verify({ anchors })).ok).to.equal(true);
  });

  for (const [name, statements] of Object.entries({
    'an old entry that was changed': [`update audit set actor = 'user:eve' where object = 'shop#2'`],
    'an old entry that was deleted': [`delete from audit where object = 'shop#2'`],
    'a tail that was cut off': [`delete from audit where object in ('shop#29', 'shop#30')`],
    'a chain that was removed': [`delete from audit where chain = 'shop'`],
  })) {
    it(`raises an alarm within a minute about ${name} [S43]`, async () => {
      const watch = new AuditWatch(test.engine.parts, memoryAnchors());
      await calm(watch);
      await tamper(test.engine, statements);
      expect(await foundAfter(watch)).to.be.at.most(PROMISE_MS);
      const { breaks } = (await test.engine.audit.watched()) ?? { breaks: [] };
      expect(breaks.map(({ chain }) => chain)).to.deep.equal(['shop']);
      expect(said).to.deep.equal([`audit broken: ${breaks[0]?.says}`]);
    });
  }

  it('still knows of a cut tail after a restart, even of entries that were cut before they were anchored', async () => {
    const anchors = memoryAnchors();
    const watch = new AuditWatch(test.engine.parts, anchors);
    await calm(watch);
    // The first of them is anchored, and the second is not yet: there is no anchor oftener than every 20 s.
    for (let n = 0; n < 2; n++) {
      await writeEntries(test.engine, 'shop', 1);
      now += TURN_MS;
      await watch.turn();
    }
    expect(JSON.parse(anchors.kept.at(-1) ?? '').heads.shop.entries).to.equal(31);
    await tamper(test.engine, [`delete from audit where seq = (select max(seq) from audit)`]);
    await foundAfter(watch);
    const found = said.splice(0);
    const next = new AuditWatch(test.engine.parts, anchors);
    await foundAfter(next);
    expect(said).to.deep.equal(found);
    expect(found[0]).to.include('the newest entries are missing (there were 32, and 31 are left)');
  });

  it('ends the alarm when the entry is as it was', async () => {
    const watch = new AuditWatch(test.engine.parts, memoryAnchors());
    await calm(watch);
    await tamper(test.engine, [`update audit set actor = 'user:eve' where object = 'shop#2'`]);
    await foundAfter(watch);
    await tamper(test.engine, [`update audit set actor = 'user:ada' where object = 'shop#2'`]);
    said.length = 0;
    await calm(watch);
    expect((await test.engine.audit.watched())?.breaks).to.deep.equal([]);
  });

  it('says so when the anchors become shorter', async () => {
    const anchors = memoryAnchors();
    const watch = new AuditWatch(test.engine.parts, anchors);
    await calm(watch);
    anchors.kept.length = 0;
    expect(await foundAfter(watch)).to.be.at.most(PROMISE_MS);
    expect(said[0]).to.include('has become shorter');
  });

  it('goes on saying so when entries are missing, too', async () => {
    const anchors = memoryAnchors();
    const watch = new AuditWatch(test.engine.parts, anchors);
    await calm(watch);
    anchors.kept.length = 0;
    await tamper(test.engine, [`delete from audit where object in ('shop#29', 'shop#30')`]);
    for (let n = 0; n < 3; n++) {
      now += TURN_MS;
      await watch.turn();
    }
    const { breaks } = (await test.engine.audit.watched()) ?? { breaks: [] };
    expect(breaks.map(({ chain }) => chain)).to.have.members(['(anchors)', 'shop']);
  });

  it('writes nothing behind an anchor that was changed', async () => {
    const anchors = memoryAnchors();
    const watch = new AuditWatch(test.engine.parts, anchors);
    await calm(watch);
    await writeEntries(test.engine, 'shop', 1);
    now += TURN_MS;
    await watch.turn();
    anchors.kept.splice(0, 1, `${anchors.kept[0]} `);
    const lines = anchors.kept.length;
    await tamper(test.engine, [`delete from audit where seq = (select max(seq) from audit)`]);
    now += TURN_MS;
    await watch.turn();
    const { breaks } = (await test.engine.audit.watched()) ?? { breaks: [] };
    expect(breaks.map(({ chain }) => chain)).to.have.members(['(anchors)', 'shop']);
    expect(anchors.kept).to.have.length(lines);
  });

  it('leaves the anchors whole when somebody else has taken over between two looks at them', async () => {
    const anchors = memoryAnchors();
    const paused = new AuditWatch(test.engine.parts, anchors);
    await calm(paused);
    await writeEntries(test.engine, 'shop', 1);
    now += 2 * PROMISE_MS;
    const { size } = anchors;
    anchors.size = async () => {
      anchors.size = size;
      const known = await size();
      await new AuditWatch(test.engine.parts, anchors).turn();
      return known;
    };
    await paused.turn();
    expect(anchors.kept).to.have.length(2);
    expect((await test.engine.audit.verify({ anchors })).breaks).to.deep.equal([]);
  });

  it('gets through more entries than fit into one turn', async function () {
    this.timeout(20_000);
    await writeEntries(test.engine, 'shop', 1_500);
    const watch = new AuditWatch(test.engine.parts, memoryAnchors());
    await calm(watch, 24);
    expect(await test.engine.audit.watched()).to.deep.include({ entries: 1_533, breaks: [] });
    await tamper(test.engine, [`update audit set actor = 'user:eve' where object = 'shop#1400'`]);
    expect(await foundAfter(watch)).to.be.at.most(PROMISE_MS);
  });
});
