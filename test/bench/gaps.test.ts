import { expect } from 'chai';
import { gapsOf, lengthOf } from '../../bench/support/gaps';

describe('the gap between steps', () => {
  it('is, with one place, from the end of a step to the start of the next', () => {
    const spans = [
      { startedAt: 0, endedAt: 10 },
      { startedAt: 13, endedAt: 20 },
      { startedAt: 21, endedAt: 22 },
    ];
    expect(gapsOf(spans, 1)).to.deep.equal([3, 1]);
  });

  it('is measured for the place that became free, in whatever order the steps are told', () => {
    const spans = [
      { startedAt: 25, endedAt: 30 },
      { startedAt: 0, endedAt: 20 },
      { startedAt: 0, endedAt: 10 },
      { startedAt: 12, endedAt: 40 },
    ];
    expect(gapsOf(spans, 2)).to.deep.equal([2, 5]);
  });

  it('is none for what fills a place for the first time', () => {
    expect(gapsOf([{ startedAt: 5, endedAt: 9 }], 2)).to.deep.equal([]);
  });

  it('counts in the time from the first start to the last end, which nothing does not have', () => {
    const spans = [
      { startedAt: 7, endedAt: 10 },
      { startedAt: 12, endedAt: 19 },
    ];
    expect(lengthOf(spans)).to.equal(12);
    expect(() => lengthOf([])).to.throw('no steps');
  });
});
