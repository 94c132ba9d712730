import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ATTACKS } from './attacks';
import { findProofs } from './proofs';
import { ATTACKS_FILE, attacksText } from './write-attacks';

describe('the table of attacks', () => {
  it('is checked in as it is (else write it anew: test/support/write-attacks.ts)', () => {
    expect(readFileSync(ATTACKS_FILE, 'utf8')).to.equal(attacksText());
  });

  it('names every attack once, in order', () => {
    expect(ATTACKS.map(({ id }) => id)).to.deep.equal(Array.from({ length: 48 }, (_, i) => `S${i + 1}`));
  });

  it('has a test or a reason for each', () => {
    const tried = new Set(findProofs('S').flatMap(({ ids }) => ids));
    const open = ATTACKS.filter(({ id, later }) => !tried.has(id) && later === undefined);
    expect(open.map(({ id, what }) => `${id}: ${what}`)).to.deep.equal([]);
  });

  it('is proven by no test of an attack that nobody knows', () => {
    const known = new Set(ATTACKS.map(({ id }) => id));
    expect(findProofs('S').filter(({ ids }) => ids.some((id) => !known.has(id)))).to.deep.equal([]);
  });
});
