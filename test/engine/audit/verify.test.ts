import { expect } from 'chai';
import { anchor, readAnchors } from '../../../engine/audit/anchors';
import { auditHash } from '../../../engine/audit/chain';
import type { Engine } from '../../../engine/engine';
import { makeEngine, type TestEngine } from '../../support/engine';
import { memoryAnchors, tamper, writeEntries } from './support';

const ENTRIES = 7;

/** What somebody does who may write to the database, and Gantry does not know of. */
const TAMPERING: Record<string, { sql: (seqs: number[]) => string[]; entry: number; finding: string }> = {
  'a changed actor': {
    sql: ([, , third]) => [`update audit set actor = 'user:eve' where seq = ${third}`],
    entry: 3,
    finding: 'changed',
  },
  'a changed time': {
    sql: ([, second]) => [`update audit set at = at - 60000 where seq = ${second}`],
    entry: 2,
    finding: 'changed',
  },
  'a deleted entry': {
    sql: ([, , , fourth]) => [`delete from audit where seq = ${fourth}`],
    entry: 4,
    finding: 'deleted',
  },
  'a deleted beginning': {
    sql: ([first]) => [`delete from audit where seq = ${first}`],
    entry: 1,
    finding: 'deleted',
  },
  'two swapped entries': {
    sql: ([, second, third]) => [
      `update audit set seq = -1 where seq = ${second}`,
      `update audit set seq = ${second} where seq = ${third}`,
      `update audit set seq = ${third} where seq = -1`,
    ],
    entry: 2,
    finding: 'swapped',
  },
  'a cut tail': {
    sql: (seqs) => [`delete from audit where chain = 'shop' and seq > ${seqs[4]}`],
    entry: 6,
    finding: 'cut',
  },
  'a chain that is gone': { sql: () => [`delete from audit where chain = 'shop'`], entry: 1, finding: 'cut' },
};

async function seqsOf(engine: Engine): Promise<number[]> {
  const rows = await engine.parts.store.read
    .selectFrom('audit')
    .select('seq')
    .where('chain', '=', 'shop')
    .orderBy('seq')
    .execute();
  return rows.map(({ seq }) => seq);
}

describe('verifying the audit', () => {
  let test: TestEngine;
  beforeEach(async () => {
    test = await makeEngine();
    await writeEntries(test.engine, 'shop', ENTRIES);
    await writeEntries(test.engine, 'bank', 3);
  });
  afterEach(() => test.close());

  /** As the watching loop does it. */
  async function anchored() {
    const anchors = memoryAnchors();
    const { chains } = await test.engine.audit.verify({});
    const heads = new Map(chains.map(({ chain, ...head }) => [chain, head]));
    await anchor(anchors, await readAnchors(anchors), heads, { at: 1 });
    return anchors;
  }

  it('finds nothing where nobody has changed anything, and counts what it has checked', async () => {
    const verdict = await test.engine.audit.verify({ anchors: await anchored() });
    expect(verdict).to.include({ ok: true, entries: ENTRIES + 3 });
    expect(verdict.chains.map(({ chain, entries }) => [chain, entries])).to.deep.equal([
      ['bank', 3],
      ['shop', ENTRIES],
    ]);
    expect(verdict.anchors).to.deep.equal({ where: 'memory', lines: 1, at: 1 });
  });

  for (const [name, { sql: statements, entry, finding }] of Object.entries(TAMPERING)) {
    it(`finds ${name} and names the first bad entry [S43]`, async () => {
      const anchors = await anchored();
      await tamper(test.engine, statements(await seqsOf(test.engine)));
      const verdict = await test.engine.audit.verify({ anchors });
      expect(verdict.ok).to.equal(false);
      expect(verdict.breaks.map(({ chain, entry: at, finding: what }) => [chain, at, what])).to.deep.equal([
        ['shop', entry, finding],
      ]);
      expect(verdict.breaks[0]?.says).to.match(new RegExp(`^shop, entry ${entry}: `));
    });
  }

  it('finds a history that was written anew with right hashes, by its anchor [S43]', async () => {
    const anchors = await anchored();
    const { read } = test.engine.parts.store;
    await tamper(test.engine, []);
    const rows = await read.selectFrom('audit').selectAll().where('chain', '=', 'shop').orderBy('seq').execute();
    let prev = '';
    for (const [n, row] of rows.entries()) {
      const forged = { ...row, prev_hash: prev, actor: n === 2 ? 'user:eve' : row.actor };
      prev = auditHash(forged);
      await read
        .updateTable('audit')
        .set({ ...forged, hash: prev })
        .where('seq', '=', row.seq)
        .execute();
    }
    expect((await test.engine.audit.verify({})).ok, 'without anchors it looks right').to.equal(true);
    const { breaks } = await test.engine.audit.verify({ anchors });
    expect(breaks.map(({ chain, finding }) => [chain, finding])).to.deep.equal([['shop', 'changed']]);
    expect(breaks[0]?.says).to.include('its anchor says otherwise');
  });

  it('finds anchors that were changed themselves', async () => {
    const anchors = await anchored();
    await writeEntries(test.engine, 'shop', 1);
    const { chains } = await test.engine.audit.verify({});
    const heads = new Map(chains.map(({ chain, ...head }) => [chain, head]));
    await anchor(anchors, await readAnchors(anchors), heads, { at: 2 });
    anchors.kept.shift();
    const { breaks } = await test.engine.audit.verify({ anchors });
    expect(breaks.map(({ chain, entry }) => [chain, entry])).to.deep.equal([['(anchors)', 1]]);
  });

  it('takes restored records as they are once somebody has confirmed them, and says so', async () => {
    const anchors = await anchored();
    const seqs = await seqsOf(test.engine);
    await tamper(test.engine, [`delete from audit where chain = 'shop' and seq > ${seqs[3]}`]);
    expect((await test.engine.audit.verify({ anchors })).ok).to.equal(false);
    await test.engine.audit.anchorRestored(anchors, 'user:ada');
    const verdict = await test.engine.audit.verify({ anchors });
    expect(verdict.ok).to.equal(true);
    expect(verdict.remarks).to.have.length(1);
    expect(verdict.remarks[0]).to.include('user:ada confirmed restored records');
  });

  it('looks at one chain alone when one is named', async () => {
    await tamper(test.engine, [`update audit set actor = 'x' where chain = 'bank'`]);
    expect((await test.engine.audit.verify({ chain: 'shop' })).ok).to.equal(true);
    expect((await test.engine.audit.verify({ chain: 'bank' })).ok).to.equal(false);
  });
});
