import { expect } from 'chai';
import {
  distribution,
  type Figure,
  figureDocument,
  figureLines,
  isReached,
  percentile,
} from '../../bench/support/figures';

describe('a figure of a bench', () => {
  const values = Array.from({ length: 100 }, (_, i) => 100 - i);

  it('is, as a percentile, a value that was measured', () => {
    expect(percentile(values, 0.5)).to.equal(50);
    expect(percentile(values, 0.99)).to.equal(99);
    expect(percentile(values, 1)).to.equal(100);
    expect(percentile([7], 0.99)).to.equal(7);
  });

  it('is never made of nothing', () => {
    expect(() => percentile([], 0.5)).to.throw('no values');
    expect(() => figureDocument('switch', [{ name: 'failed', value: Number.NaN }])).to.throw('failed is NaN');
  });

  it('reaches its target at the target itself, and misses it by the smallest step', () => {
    expect(isReached({ name: 'p99', value: 250, goal: { atMost: 250 } })).to.equal(true);
    expect(isReached({ name: 'p99', value: 250.001, goal: { atMost: 250 } })).to.equal(false);
    expect(isReached({ name: 'requests', value: 199_999, goal: { atLeast: 200_000 } })).to.equal(false);
    expect(isReached({ name: 'p50', value: Number.POSITIVE_INFINITY })).to.equal(false);
  });

  it('stands in one JSON line with all others, rounded', () => {
    const figures: Figure[] = [
      { name: 'requests', value: 200_000, goal: { atLeast: 200_000 } },
      { name: 'p99', value: 12.3456 },
    ];
    expect(figureDocument('switch', figures)).to.equal('{"bench":"switch","figures":{"requests":200000,"p99":12.35}}');
  });

  it('is printed with its target and whether that was reached', () => {
    const [, reached, missed] = figureLines([
      { name: 'failed', value: 0, goal: { atMost: 0 } },
      { name: 'p99', value: 300.5, goal: { atMost: 250 } },
    ]);
    expect(reached).to.match(/^failed +0 +≤ 0 +reached$/);
    expect(missed).to.match(/^p99 +300\.50 +≤ 250 +MISSED$/);
  });

  it('is shown with the values around it', () => {
    expect(distribution(values)).to.equal('p50 50.0  p90 90.0  p99 99.0  max 100.0');
  });
});
