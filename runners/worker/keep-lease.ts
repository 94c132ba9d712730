import type { Engine } from '../../engine/engine';
import { LeaseLostError, messageOf } from '../../engine/model/errors';
import { RENEW_MS, type StepLease } from '../../engine/steps/lease';
import { abortRequested, renewLease } from '../../engine/steps/renew';

/** How often a running step looks whether its run is being ended, ms. */
const ABORT_CHECK_MS = 300;

/** Why a step must stop. */
export type StopReason = 'aborted' | 'timed-out' | 'lease-lost' | 'given-back';

/** Renews the lease, looks for an abort, and ends the step at its time-out. Returns what stops all that. */
export function keepLease(engine: Engine, lease: StepLease, halt: (reason: StopReason) => void): () => void {
  const { parts } = engine;
  const told = (what: string) => (error: unknown) => {
    if (error instanceof LeaseLostError) halt('lease-lost');
    else parts.log.warn({ step: lease.name, error: messageOf(error) }, `${what}; trying again`);
  };
  const renew = setInterval(() => {
    renewLease(parts, lease).then(({ abort }) => abort && halt('aborted'), told('a lease could not be renewed'));
  }, RENEW_MS);
  const look = setInterval(() => {
    abortRequested(parts, lease).then((abort) => abort && halt('aborted'), told('could not look for an abort'));
  }, ABORT_CHECK_MS);
  const limit = setTimeout(() => halt('timed-out'), lease.timeoutMs);
  return () => {
    clearInterval(renew);
    clearInterval(look);
    clearTimeout(limit);
  };
}
