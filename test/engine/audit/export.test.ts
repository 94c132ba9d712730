import { expect } from 'chai';
import fc from 'fast-check';
import type { ExportAsked } from '../../../engine/audit/export';
import type { Verdict } from '../../../engine/audit/verify';
import { verifyExport } from '../../../engine/audit/verify-export';
import { makeEngine, type TestEngine } from '../../support/engine';
import { linesOf, writeEntries } from './support';

describe('an export of the audit', () => {
  let test: TestEngine;
  let whole: Buffer;
  before(async () => {
    test = await makeEngine();
    await writeEntries(test.engine, 'shop', 4);
    await writeEntries(test.engine, 'bank', 2);
    whole = await exported({});
  });
  after(() => test.close());

  async function exported(asked: ExportAsked): Promise<Buffer> {
    const pieces: string[] = [];
    for await (const piece of test.engine.audit.export(asked)) pieces.push(piece);
    return Buffer.from(pieces.join(''));
  }
  const check = (bytes: Buffer): Promise<Verdict> => verifyExport(linesOf(bytes));
  const lines = (): string[] => whole.toString().trimEnd().split('\n');
  const file = (changed: string[]): Buffer => Buffer.from(`${changed.join('\n')}\n`);

  it('proves itself without any Gantry', async () => {
    const verdict = await check(whole);
    expect(verdict).to.include({ ok: true, entries: 6 });
  });

  it('holds one app, or what came since a time, and still proves itself', async () => {
    expect(await check(await exported({ chain: 'shop' }))).to.include({ ok: true, entries: 4 });
    const { at } = (await test.engine.audit.list({ chain: 'shop', limit: 1 }))[0] ?? { at: 0 };
    const tail = await exported({ chain: 'shop', since: at });
    const verdict = await check(tail);
    expect(verdict.ok).to.equal(true);
    expect(
      verdict.chains.map(({ entries }) => entries),
      'numbers go on from what was left out',
    ).to.deep.equal([4]);
    expect(await check(await exported({ since: at + 60_000 }))).to.include({ ok: true });
  });

  it('does not hide a change of any single byte [S43]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const bytes = Buffer.from(whole);
        bytes[at] = ((bytes[at] ?? 0) + by) % 256;
        expect((await check(bytes)).ok, `byte ${at} changed by ${by}`).to.equal(false);
      }),
      {
        numRuns: 2_000,
        examples: [
          [whole.length - 1, 1],
          [whole.length - 100, 1],
        ],
      },
    );
  });

  it('names the entry that was deleted, swapped or cut off, also when its sum was made anew', async () => {
    const all = lines();
    // First line, two of bank, four of shop, last line.
    const found = async (changed: string[]) =>
      (await check(file(changed))).breaks.map(({ chain, entry, finding }) => [chain, entry, finding]);
    expect(await found(all.toSpliced(4, 1))).to.deep.include(['shop', 2, 'deleted']);
    const swapped = [...all];
    [swapped[4], swapped[5]] = [all[5] ?? '', all[4] ?? ''];
    expect(await found(swapped)).to.deep.include(['shop', 2, 'swapped']);
    expect(await found(all.toSpliced(6, 1))).to.deep.include(['shop', 4, 'cut']);
    expect(await found(all.slice(0, -1))).to.deep.include(['(file)', 1, 'cut']);
  });
});
