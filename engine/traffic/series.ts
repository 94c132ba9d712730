import type { Tables } from '../store/tables';
import type { TrafficRole } from './record';
import { addTimes, parseTimes, percentileOf, type ResponseTimes } from './response-times';

/** What one release did in a span of time. */
export interface TrafficPoint {
  /** End of the span. */
  at: number;
  requests: number;
  perSecond: number;
  errors: number;
  /** Response times, ms, within 5 %; null when none was seen. */
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

type Row = Tables['traffic_samples'];

/** All rows of one role as one point. */
export function sumUp(rows: readonly Row[]): TrafficPoint {
  let times: ResponseTimes = new Map();
  const sum = { requests: 0, errors: 0, spanMs: 0 };
  for (const row of rows) {
    times = addTimes(times, parseTimes(row.times));
    sum.requests += row.requests;
    sum.errors += row.errors;
    sum.spanMs += row.span_ms;
  }
  return {
    at: rows.at(-1)?.at ?? 0,
    requests: sum.requests,
    perSecond: sum.spanMs === 0 ? 0 : Math.round((sum.requests * 10_000) / sum.spanMs) / 10,
    errors: sum.errors,
    p50: percentileOf(times, 0.5),
    p95: percentileOf(times, 0.95),
    p99: percentileOf(times, 0.99),
  };
}

/** Rows by time as at most `count` points: neighbours are put together, so nothing is left out. */
export function pointsOf(rows: readonly Row[], from: number, to: number, count: number): TrafficPoint[] {
  const width = Math.max(1, (to - from) / count);
  const groups = new Map<number, Row[]>();
  for (const row of rows) {
    const group = Math.min(count - 1, Math.floor((row.at - from) / width));
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  return [...groups.values()].map(sumUp);
}

export const ofRole = (rows: readonly Row[], role: TrafficRole): Row[] => rows.filter((row) => row.role === role);
