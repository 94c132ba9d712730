/** What gray did while it was watched. */
export interface Observation {
  requests: number;
  errors: number;
  /** ms; null when no response time was seen. */
  p95: number | null;
}

export interface Limits {
  /** Errors of gray must stay below this, in 1/10,000; null: not judged. */
  errors: number | null;
  /** p95 must stay below this, ms; null: not judged. */
  p95: number | null;
  minRequests: number;
}

export interface Verdict {
  kind: 'go' | 'stop' | 'cannot tell' | 'watch on';
  why: string;
}

/**
 * Before the time is over only a clear failure ends the watch: errors at three times the limit, and at least
 * `EARLY_ERRORS` of them, so that one unlucky first request does not stop a release. Afterwards the limits are plain.
 */
export function judge(seen: Observation, limits: Limits, over: boolean): Verdict {
  const share = seen.requests === 0 ? 0 : (seen.errors / seen.requests) * 10_000;
  const bad = limits.errors !== null && seen.errors > 0 && share >= limits.errors;
  const say = `${(share / 100).toFixed(2)} % of its answers were errors, the limit is ${(limits.errors ?? 0) / 100} %`;
  if (!over) {
    const clear = bad && share >= 3 * (limits.errors ?? 0) && seen.errors >= EARLY_ERRORS;
    return clear ? { kind: 'stop', why: say } : { kind: 'watch on', why: '' };
  }
  if (seen.requests < limits.minRequests) {
    return {
      kind: 'cannot tell',
      why: `${seen.requests} requests are too few to judge; ${limits.minRequests} are needed`,
    };
  }
  if (bad) return { kind: 'stop', why: say };
  if (limits.p95 !== null && seen.p95 !== null && seen.p95 >= limits.p95) {
    return { kind: 'stop', why: `its p95 was ${Math.round(seen.p95)} ms, the limit is ${limits.p95} ms` };
  }
  if (limits.p95 !== null && seen.p95 === null) return { kind: 'cannot tell', why: 'no response time was seen' };
  return { kind: 'go', why: 'within its limits' };
}

const EARLY_ERRORS = 5;
