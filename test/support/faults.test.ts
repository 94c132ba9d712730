import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { FAULTS } from './faults';
import { findProofs, proofsIn } from './proofs';
import { FAULTS_FILE, faultsText } from './write-faults';

describe('the table of faults', () => {
  const known = new Set(FAULTS.map(({ id }) => id));

  it('is checked in as it is (else write it anew: test/support/write-faults.ts)', () => {
    expect(readFileSync(FAULTS_FILE, 'utf8')).to.equal(faultsText());
  });

  it('names every fault once, in order', () => {
    expect(FAULTS.map(({ id }) => id)).to.deep.equal(Array.from({ length: 55 }, (_, i) => `F${i + 1}`));
  });

  it('has a test or a reason for each', () => {
    const proven = new Set(findProofs('F').flatMap(({ ids }) => ids));
    const open = FAULTS.filter(({ id, later }) => !proven.has(id) && later === undefined);
    expect(open.map(({ id, what }) => `${id}: ${what}`)).to.deep.equal([]);
  });

  it('is proven by no test of a fault that nobody knows', () => {
    const strange = findProofs('F').filter(({ ids }) => ids.some((id) => !known.has(id)));
    expect(strange).to.deep.equal([]);
  });

  it('reads titles as they are written: nested, with places for values, on lines of their own', () => {
    const text = [
      "describe('a queue', () => {",
      "  describe('that is full', () => {",
      '    for (const what of all) it(`says ${' + 'what} [F1] [S2]`, () => {});',
      '  });',
      '  it(',
      "    'doesn\\'t mind [F2] [F3]',",
      '    () => {},',
      '  );',
      "  it('proves nothing', () => {});",
      '});',
    ].join('\n');
    const titles = proofsIn(text.replace('for (const what of all) it', 'it'), 'x.ts', 'F');
    expect(titles).to.deep.equal([
      { ids: ['F1'], title: 'a queue that is full says …', file: 'x.ts' },
      { ids: ['F2', 'F3'], title: "a queue doesn't mind", file: 'x.ts' },
    ]);
  });
});
