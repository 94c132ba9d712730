import { BACK_OFF_MS_MAX } from '../../pipelines/limits';
import { DEFAULT_RETRY, type RetrySpec } from '../../pipelines/types';
import type { FailureEnd, Fault } from '../model/errors';

/** What a step says of when it is tried again. */
export const retryOf = (text: string | null): RetrySpec =>
  text === null ? DEFAULT_RETRY : (JSON.parse(text) as RetrySpec);

/** How a step failed, as far as that decides. */
export interface Failed {
  fault: Fault;
  ended?: FailureEnd | undefined;
}

/**
 * Whether a step that has failed is tried again. Pure. Only failures count: a lease that was lost with its runner, or
 * given back by one that drains, says nothing about the step.
 * @returns the pause before that, ms; null when the failure is final
 */
export function retryAfter({ retry, retries }: { retry: RetrySpec; retries: number }, failed: Failed): number | null {
  if (retries >= retry.times || !retry.on.some((cause) => isCause(cause, failed))) return null;
  return Math.min(retry.backOff * 2 ** retries, BACK_OFF_MS_MAX);
}

const isCause = (cause: RetrySpec['on'][number], { fault, ended }: Failed): boolean =>
  cause === 'world' ? fault === 'world' : cause === ended;
