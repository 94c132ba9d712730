import { expect } from 'chai';
import { invariants } from './all';
import { notYet } from './not-yet';

/** The list that they come from: how many there are of each kind. */
const LIST = { D: 6, E: 6, R: 6, A: 7, W: 10, B: 5, C: 2, L: 4, I: 8, V: 4 };

describe('the invariants of the simulator', () => {
  const listed = Object.entries(LIST).flatMap(([kind, count]) =>
    Array.from({ length: count }, (_, i) => `${kind}${i + 1}`),
  );
  const looked = new Set(invariants.map(({ id }) => id.replace(/[a-z]$/, '')));

  it('are those of the list, but for some that say why they are not looked at', () => {
    const rest = Object.keys(notYet);
    expect([...looked, ...rest].sort()).to.deep.equal(listed.sort());
  });

  it('are forty or more, each with a name and a sentence of its own', () => {
    expect(looked.size).to.be.at.least(40);
    expect(new Set(invariants.map(({ id }) => id)).size).to.equal(invariants.length);
    expect(new Set(invariants.map(({ says }) => says)).size).to.equal(invariants.length);
  });
});
