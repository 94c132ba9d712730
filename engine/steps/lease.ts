import type { AppId, RunId, StepId } from '../model/ids';
import type { RunTrigger } from '../store/tables';

/** What a runner holds while it acts on a step. Whoever has an older epoch is refused. */
export interface StepLease {
  stepId: StepId;
  epoch: number;
  owner: string;
  attempt: number;
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
  };
  app: { id: AppId; name: string };
}

/** A lease lasts this long without renewal; a dead runner's step is taken over after it. */
export const LEASE_MS = 6_000;
/** Renewed this often: two renewals may be lost before the lease is. */
export const RENEW_MS = 2_000;
/** How often a step is tried again when the world (not the user) was at fault. */
export const WORLD_ATTEMPTS = 4;
/** Back-off before attempt n + 1, ms. */
export const backOff = (attempt: number): number => Math.min(1_000 * 2 ** (attempt - 1), 15_000);
