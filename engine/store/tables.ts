import type { Generated } from 'kysely';
import type {
  AppId,
  ApprovalId,
  DeliveryId,
  EnvironmentId,
  HookId,
  InstanceId,
  ReleaseId,
  RunId,
  StepId,
  UserId,
} from '../model/ids';
import type { ApprovalState, EffectState, InstanceState, ReleaseState, RunState, StepState } from '../model/states';

/**
 * The truth, table by table. Times are integer milliseconds UTC; `json` columns hold text that one owner parses
 * (the verb folder of the same noun). Booleans are 0 or 1, so that both databases say the same.
 */
export interface Tables {
  meta: { key: string; value: string };
  users: { id: UserId; name: string; role: string; created_at: number };
  tokens: {
    hash: string;
    user_id: UserId;
    name: string;
    created_at: number;
    last_used_at: number | null;
  };
  apps: { id: AppId; name: string; created_at: number; created_by: string; next_run: number; next_release: number };
  deliveries: {
    id: DeliveryId;
    app_id: AppId;
    /** What makes it the same delivery again: `push:<ref>:<before>:<after>`. */
    key: string;
    source: string;
    ref: string;
    before: string;
    after: string;
    pusher: string;
    received_at: number;
    outcome: 'run' | 'ignored';
    reason: string;
    run_id: RunId | null;
  };
  /** Where an app's commits are fetched from when its forge calls. */
  app_sources: {
    app_id: AppId;
    /** An https URL or a path. */
    url: string;
    /** What the forge asks for. It leaves this table only for `git`, by its environment. */
    token: string | null;
    /** Signs the hooks. */
    secret: string;
    connected_at: number;
    connected_by: string;
  };
  hook_deliveries: {
    id: HookId;
    app_id: AppId;
    /** The forge's own name of it. */
    delivery_id: string;
    forge: string;
    event: string;
    ref: string;
    /** What the hook said the ref stands at: shown, never used. */
    after: string;
    received_at: number;
    outcome: HookOutcome;
    reason: string;
    attempts: number;
    not_before: number;
    ended_at: number | null;
    run_id: RunId | null;
  };
  runs: {
    id: RunId;
    app_id: AppId;
    number: number;
    trigger: RunTrigger;
    ref: string;
    commit: string;
    title: string;
    author: string;
    started_by: string;
    state: RunState;
    ends_as: 'failed' | 'cancelled' | 'superseded' | null;
    reason: string;
    plan: string | null;
    pipeline_hash: string | null;
    release_id: ReleaseId | null;
    /** The run whose steps this one takes back; only with the trigger `undo`. */
    undoes_run: RunId | null;
    /** 1 while this run may touch gray and production of its app; at most one run per app (a unique index). */
    holds_rollout: number;
    /** Higher goes first; a rollback is 10. */
    priority: number;
    next_event: number;
    created_at: number;
    started_at: number | null;
    ended_at: number | null;
  };
  steps: {
    id: StepId;
    run_id: RunId;
    app_id: AppId;
    position: number;
    name: string;
    kind: string;
    stage: string;
    role: string;
    verb: 'run' | 'undo';
    undoes: string | null;
    needs: string;
    spec: string;
    timeout_ms: number;
    state: StepState;
    reason: string;
    output: string | null;
    epoch: number;
    owner: string | null;
    lease_until: number | null;
    attempt: number;
    /** Not to be taken before this time (retry back-off). */
    not_before: number;
    abort_requested: number;
    ready_at: number | null;
    started_at: number | null;
    ended_at: number | null;
  };
  effects: {
    key: string;
    run_id: RunId;
    step_id: StepId;
    verb: 'run' | 'undo';
    number: number;
    target: string;
    epoch: number;
    state: EffectState;
    intent: string;
    observation: string | null;
    created_at: number;
    ended_at: number | null;
  };
  artifacts: {
    digest: string;
    app_id: AppId;
    run_id: RunId;
    kind: 'war' | 'ear' | 'file' | 'image';
    name: string;
    size: number;
    provenance: string;
    sealed_at: number;
  };
  releases: {
    id: ReleaseId;
    app_id: AppId;
    run_id: RunId;
    number: number;
    hash: string;
    record: string;
    state: ReleaseState;
    created_at: number;
  };
  environments: {
    id: EnvironmentId;
    app_id: AppId;
    name: string;
    role: 'environment' | 'production';
    host: string;
    cluster: string;
    slot: number;
    /** JSON of rollout/traffic.ts `Traffic`: lanes, who is stable, gray, warm, share, rules, salt. */
    traffic: string;
    /** Rises with each change of `traffic`. */
    version: number;
    /** The last version that the gateway was seen to follow. */
    confirmed_version: number;
    warm_until: number | null;
    created_at: number;
  };
  instances: {
    id: InstanceId;
    name: string;
    app_id: AppId;
    environment_id: EnvironmentId;
    release_id: ReleaseId;
    cluster: string;
    lane: string;
    ordinal: number;
    state: InstanceState;
    container: string | null;
    address: string | null;
    port: number;
    created_at: number;
    ended_at: number | null;
  };
  approvals: {
    id: ApprovalId;
    run_id: RunId;
    step_id: StepId;
    app_id: AppId;
    release_hash: string;
    pipeline_hash: string;
    role: string;
    count: number;
    state: ApprovalState;
    requested_at: number;
    expires_at: number;
  };
  approval_votes: { approval_id: ApprovalId; user: string; vote: 'yes' | 'no'; reason: string; at: number };
  audit: {
    seq: Generated<number>;
    /** The chain: an app's name, or `system`. */
    chain: string;
    at: number;
    actor: string;
    action: string;
    object: string;
    detail: string;
    prev_hash: string;
    hash: string;
  };
  events: {
    id: Generated<number>;
    run_id: RunId | null;
    app_id: AppId;
    /** Number within its run, from 1, without gaps. */
    seq: number;
    at: number;
    type: string;
    data: string;
  };
  terms: { name: string; holder: string; epoch: number; until: number };
  ref_heads: { app_id: AppId; ref: string; commit: string; seen_at: number };
}

export type HookOutcome =
  /** Answered; its ref is to be fetched. */
  | 'pending'
  /** The ref had moved: a run carries it. */
  | 'run'
  /** The ref stood there already. */
  | 'known'
  /** Nothing to follow; the reason says why. */
  | 'ignored'
  /** Its ref could not be fetched for too long. */
  | 'failed';

export type RunTrigger = 'push' | 'rollback' | 'manual' | 'undo';
