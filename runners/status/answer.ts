import type { Outcome } from '../../engine/outbox/line';
import type { OutgoingAnswer } from '../../outgoing/outgoing';
import { retryAfter } from '../notify/answer';

/** A token without the right gets it, or is replaced, by people: until then it is asked seldom. */
export const DENIED_MS = 15 * 60_000;
const MISSING_MS = 5_000;

/** What a forge's answer says of a status or comment. */
export function outcomeOf(host: string, answer: OutgoingAnswer, now: number): Outcome {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const limited = limitOf(answer, now);
  if (limited !== undefined) return { kind: 'later', reason: `${host} takes no more for now (${status})`, ...limited };
  if (status === 401) return denied(`${host} does not know the token (401): connect the app with another one`);
  if (status === 403) return denied(`${host} says that the token may not write statuses or comments (403)`);
  if (status === 404) {
    // A commit that is not there any more, or a repository that the token does not see: nothing tells which.
    return { kind: 'refused', reason: `${host} has no such place, or does not show it to this token (404)` };
  }
  if (status >= 500 || status < 400) {
    return { kind: 'later', reason: `${host} answered with status ${status}`, ...retryAfter(headers, now) };
  }
  return { kind: 'refused', reason: `${host} did not take it (${status}${saying(answer.body)})` };
}

const denied = (reason: string): Outcome => ({ kind: 'later', reason, afterMs: DENIED_MS });

/** 429, and GitHub's 403 with what is left of its budget: nothing. */
function limitOf({ status, headers }: OutgoingAnswer, now: number): { afterMs?: number } | undefined {
  const spent = headers['x-ratelimit-remaining'] === '0' || headers['retry-after'] !== undefined;
  if (status !== 429 && !(status === 403 && spent)) return undefined;
  const after = retryAfter(headers, now);
  if (after.afterMs !== undefined) return after;
  const reset = Number(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']) * 1000 - now;
  return Number.isFinite(reset) && reset > 0 ? { afterMs: reset } : { afterMs: MISSING_MS };
}

const SAYING_MAX = 120;

/** What the forge says about it, when it says so in JSON. */
function saying(body: Buffer): string {
  const found = /"(?:message|error)"\s*:\s*"((?:[^"\\]|\\.){1,200})"/.exec(body.toString('utf8'))?.[1];
  return found === undefined ? '' : `: ${found.slice(0, SAYING_MAX)}`;
}
