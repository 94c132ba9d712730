import { percentile } from '../figures';
import type { Asked } from './connection';
import type { Seen, Total } from './messages';
import { pageBody, RELEASE_HEADER } from './page';

const FAILURES_KEPT = 30;
/** Latencies kept for the percentiles; later ones replace earlier ones in turn. */
const LATENCIES_KEPT = 200_000;

/** Judges each outcome, and counts. */
export class Tally {
  private readonly seen: Seen = { requests: 0, failed: 0, kinds: {}, failures: [], lastAnswers: {}, answers: {} };
  private readonly latencies: number[] = [];

  /** @param began when the load began, to say when a failure was */
  constructor(private readonly began: number) {}

  count(asked: Asked, request: { number: number; host: string; slow: boolean; now: number }): void {
    const { seen } = this;
    seen.requests += 1;
    const wrong = asked.ok ? faultOf(asked.answer, request.number) : { kind: asked.kind, reason: asked.reason };
    if (asked.ok && wrong === undefined) {
      const release = asked.answer.headers.get(RELEASE_HEADER) ?? '';
      seen.lastAnswers[release] = Math.max(seen.lastAnswers[release] ?? 0, asked.firstByteAt);
      seen.answers[release] = (seen.answers[release] ?? 0) + 1;
      if (!request.slow) this.latencies[(seen.requests - 1) % LATENCIES_KEPT] = asked.firstByteAt - asked.sentAt;
      return;
    }
    const { kind, reason } = wrong ?? { kind: 'unknown', reason: '' };
    seen.failed += 1;
    seen.kinds[kind] = (seen.kinds[kind] ?? 0) + 1;
    const at = ((request.now - this.began) / 1000).toFixed(2);
    if (seen.failures.length < FAILURES_KEPT) {
      seen.failures.push(`${at} s, request ${request.number} to ${request.host}: ${kind}: ${reason}`);
    }
  }

  look(): Seen {
    return this.seen;
  }

  total(now: number): Total {
    const latencies = this.latencies.filter((value) => value !== undefined);
    const at = (share: number): number => (latencies.length === 0 ? 0 : percentile(latencies, share));
    const latency = { p50: at(0.5), p99: at(0.99), max: at(1) };
    return { ...this.seen, seconds: (now - this.began) / 1000, latency };
  }
}

/** What is wrong with an answer that arrived whole; undefined when it is exactly what a release should say. */
function faultOf(
  { status, headers, body }: { status: number; headers: Map<string, string>; body: string },
  request: number,
): { kind: string; reason: string } | undefined {
  if (status !== 200) return { kind: `status ${status}`, reason: body.slice(0, 200) };
  const release = headers.get(RELEASE_HEADER);
  if (release === undefined) return { kind: 'no release', reason: 'the answer does not say which release gave it' };
  if (body !== pageBody(release, request)) {
    return { kind: 'wrong body', reason: `${body.length} bytes, beginning "${body.slice(0, 60)}"` };
  }
  return undefined;
}
