import { expect } from 'chai';
import fc from 'fast-check';
import { addTimes, countTimes, formatTimes, parseTimes, percentileOf } from '../../engine/traffic/response-times';
import { pointsOf, sumUp } from '../../engine/traffic/series';

const times = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 200 });

describe('counted response times', () => {
  it('give percentiles within 5 % of the true ones', () => {
    fc.assert(
      fc.property(times, fc.constantFrom(0.5, 0.95, 0.99), (all, part) => {
        const sorted = [...all].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(sorted.length * part)) - 1] ?? 0;
        const found = percentileOf(countTimes(all), part) ?? -1;
        expect(Math.abs(found - exact), `${found} for ${exact}`).to.be.at.most(exact * 0.05 + 0.06);
      }),
    );
  });

  it('can be added, and outlive being written down', () => {
    fc.assert(
      fc.property(times, times, (a, b) => {
        const sum = addTimes(countTimes(a), countTimes(b));
        const again = parseTimes(formatTimes(sum));
        for (const part of [0.5, 0.95, 0.99]) {
          expect(percentileOf(again, part)).to.equal(percentileOf(countTimes([...a, ...b]), part));
        }
      }),
    );
  });

  it('of nothing give no percentile', () => {
    expect(percentileOf(parseTimes(''), 0.5)).to.equal(null);
  });
});

describe('measured traffic', () => {
  const row = (at: number, requests: number, errors = 0) => ({
    environment_id: 'e' as never,
    at,
    role: 'gray' as const,
    release_id: 'r' as never,
    span_ms: 2_000,
    requests,
    errors,
    times: formatTimes(countTimes(Array(requests).fill(10))),
  });

  it('is put together, so that a long time loses no request', () => {
    const rows = Array.from({ length: 1_000 }, (_, i) => row(i * 2_000, 3, i % 10 === 0 ? 1 : 0));
    const points = pointsOf(rows, 0, 999 * 2_000, 90);
    expect(points.length).to.be.within(80, 90);
    expect(points.reduce((sum, p) => sum + p.requests, 0)).to.equal(3_000);
    expect(points.reduce((sum, p) => sum + p.errors, 0)).to.equal(100);
    expect(points[40]).to.include({ perSecond: 1.5 });
  });

  it('of one moment is one point', () => {
    expect(pointsOf([row(5_000, 4)], 5_000, 5_000, 90)).to.deep.equal([sumUp([row(5_000, 4)])]);
    expect(sumUp([])).to.include({ requests: 0, perSecond: 0, p50: null });
  });
});
