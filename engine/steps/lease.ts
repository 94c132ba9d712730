import type { ParameterValues } from '../../pipelines/parameters';
import type { RetrySpec } from '../../pipelines/types';
import type { AppId, RunId, StepId } from '../model/ids';
import type { RunTrigger } from '../store/tables';

/** What a runner holds while it acts on a step. Whoever has an older epoch is refused. */
export interface StepLease {
  stepId: StepId;
  epoch: number;
  owner: string;
  /** Leases of it so far: also those that were lost or given back. */
  attempt: number;
  /** Times that it was tried again after a failure. */
  retries: number;
  retry: RetrySpec;
  /** Its run is being ended already: only what an earlier runner left is cleaned up. */
  isEnded: boolean;
  name: string;
  kind: string;
  stage: string;
  role: string;
  verb: 'run' | 'undo';
  undoes: string | null;
  timeoutMs: number;
  /** JSON of what its kind is asked to do. */
  spec: string;
  run: {
    id: RunId;
    number: number;
    trigger: RunTrigger;
    commit: string;
    ref: string;
    title: string;
    releaseId: string | null;
    startedBy: string;
    /** The run that this one takes back. */
    undoesRun: RunId | null;
    /** What it was started with. */
    parameters: ParameterValues;
  };
  app: { id: AppId; name: string };
}

/** A lease lasts this long without renewal; a dead runner's step is taken over after it. */
export const LEASE_MS = 6_000;
/** Renewed this often: two renewals may be lost before the lease is. */
export const RENEW_MS = 2_000;
