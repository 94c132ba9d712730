import type { Outcome } from '../../engine/outbox/line';
import type { OutgoingAnswer } from '../../outgoing/outgoing';

/** What an HTTP status says of a delivery. */
export function outcomeOf({ status, headers }: Pick<OutgoingAnswer, 'status' | 'headers'>, now: number): Outcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const reason = `it answered with status ${status}`;
  if (status === 429 || status >= 500) return { kind: 'later', reason, ...retryAfter(headers, now) };
  // Of this one message; every other 4xx, and a redirect, is about the address or its secret, which may be mended.
  if (status === 400 || status === 413 || status === 422) return { kind: 'refused', reason };
  return { kind: 'later', reason };
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
export function retryAfter(headers: OutgoingAnswer['headers'], now: number): { afterMs?: number } {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? { afterMs: ms } : {};
}
