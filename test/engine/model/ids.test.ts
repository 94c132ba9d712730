import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { newId, type RunId } from '../../../engine/model/ids';

describe('an id', () => {
  it('sorts behind those made before it in the same millisecond, also after more than a counter holds', () => {
    const clock = { now: () => 1_000 };
    const random = { bytes: randomBytes };
    const made = Array.from({ length: 10_000 }, () => newId<RunId>(clock, random));
    expect(made).to.deep.equal([...made].sort());
    expect(new Set(made).size).to.equal(made.length);
    for (const id of made) expect(id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('sorts by its time', () => {
    let now = 1_700_000_000_000;
    const random = { bytes: randomBytes };
    const made = Array.from({ length: 100 }, () => newId<RunId>({ now: () => now++ }, random));
    expect(made).to.deep.equal([...made].sort());
  });
});
