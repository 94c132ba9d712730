/**
 * Response times as counts per bin, each bin a tenth wider than the one before it: percentiles stay within 5 %, any
 * number of requests fits into a short text, and the counts of two spans can be added.
 */
export type ResponseTimes = ReadonlyMap<number, number>;

const GROWTH = Math.log(1.1);

/** Milliseconds that lie in the middle of a bin. */
const middleOf = (bin: number): number => (bin === 0 ? 0 : Math.exp((bin - 0.5) * GROWTH));
const binOf = (ms: number): number => (ms < 1 ? 0 : Math.floor(Math.log(ms) / GROWTH) + 1);

/** @param times in milliseconds */
export function countTimes(times: Iterable<number>): ResponseTimes {
  const counts = new Map<number, number>();
  for (const ms of times) counts.set(binOf(ms), (counts.get(binOf(ms)) ?? 0) + 1);
  return counts;
}

export function addTimes(a: ResponseTimes, b: ResponseTimes): ResponseTimes {
  const sum = new Map(a);
  for (const [bin, count] of b) sum.set(bin, (sum.get(bin) ?? 0) + count);
  return sum;
}

/** The time that `part` (0 to 1) of all requests did not exceed, in ms; null when there were none. */
export function percentileOf(times: ResponseTimes, part: number): number | null {
  const all = [...times.values()].reduce((sum, count) => sum + count, 0);
  const rank = Math.max(1, Math.ceil(all * part));
  let passed = 0;
  for (const [bin, count] of [...times].sort(([a], [b]) => a - b)) {
    passed += count;
    if (passed >= rank) return Math.round(middleOf(bin) * 10) / 10;
  }
  return null;
}

/** `0:3,24:17`: how it is kept in SQL. */
export const formatTimes = (times: ResponseTimes): string =>
  [...times].map(([bin, count]) => `${bin}:${count}`).join(',');

export function parseTimes(text: string): ResponseTimes {
  const pairs = text.split(',').map((pair) => pair.split(':').map(Number) as [number, number]);
  return text === '' ? new Map() : new Map(pairs);
}
