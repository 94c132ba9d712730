/** The answers of the API under `/api/v1`. Times are milliseconds since 1970, UTC. */

export interface List<T> {
  items: T[];
}

export interface Status {
  version: string;
  installation: string;
  solo: boolean;
  user: { name: string; role: string };
  url: string;
  gateway: { host: string; port: number } | null;
  domain: string;
  cluster: unknown;
}

export interface App {
  name: string;
  createdAt: number;
  /** Where to push. */
  remote: string;
  environments: Environment[];
  lastRun: RunSummary | null;
}

export interface ReleaseRef {
  number: number;
  hash: string;
  id: string;
  commit: string;
}

export interface Instance {
  name: string;
  state: string;
  release: number;
  lane: string;
  address: string;
  port: number;
}

export interface Environment {
  /** Only where environments of several apps are listed. */
  app?: string;
  name: string;
  role: string;
  host: string;
  url: string;
  version: number;
  confirmedVersion: number;
  /** Gray's part of the traffic in 1/10,000. */
  share: number;
  rules: { header?: string | null; cookie?: string | null } | null;
  warmUntil: number | null;
  stable: ReleaseRef | null;
  gray: ReleaseRef | null;
  warm: ReleaseRef | null;
  previous: ReleaseRef | null;
  instances: Instance[];
}

export interface RunSummary {
  app: string;
  number: number;
  id: string;
  trigger: string;
  ref: string;
  commit: string;
  title: string;
  author: string;
  startedBy: string;
  state: string;
  reason: string;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  release: number | null;
  url: string;
}

export interface Step {
  name: string;
  kind: string;
  stage: string;
  verb: string;
  state: string;
  reason: string;
  attempt: number;
  startedAt: number | null;
  endedAt: number | null;
  output: unknown;
}

export interface Approval {
  step: string;
  state: string;
  role: string;
  count: number;
  votes: { user: string; vote: 'yes' | 'no'; reason: string; at: number }[];
  releaseHash: string;
  expiresAt: number;
}

export interface Run extends RunSummary {
  steps: Step[];
  stages: { name: string; state: string; startedAt: number | null; endedAt: number | null }[];
  approvals: Approval[];
  /** One sentence, or empty. */
  waitsFor: string;
  releaseHash: string | null;
}

export interface Release {
  number: number;
  hash: string;
  id: string;
  state: string;
  createdAt: number;
  run: number;
  commit: string;
  record?: unknown;
  roles: { environment: string; role: string }[];
}

export interface Decided {
  run: number;
  step: string;
  state: string;
  /** How many more people are needed. */
  missing: number;
}

export interface RollbackStarted {
  run: number;
  kind: 'gray' | 'warm' | 'cold';
  from: string;
  to: string;
}

const FINAL_RUN_STATES = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];
/** Final states never change. */
export const isFinal = (run: { state: string }): boolean => FINAL_RUN_STATES.includes(run.state);

const FINAL_STEP_STATES = ['succeeded', 'failed', 'cancelled', 'undone'];
export const isFinalStep = (step: { state: string }): boolean => FINAL_STEP_STATES.includes(step.state);
