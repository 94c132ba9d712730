import type { Generated } from 'kysely';
import type { Extra } from '../extras/names';
import type {
  AppId,
  ApprovalId,
  DeliveryId,
  EnvironmentId,
  FreezeId,
  GlassId,
  HookId,
  InstanceId,
  PassId,
  ReleaseId,
  RunId,
  SessionId,
  StepId,
  TeamId,
  UserId,
} from '../model/ids';
import type {
  ApprovalState,
  ArchiveState,
  EffectState,
  InstanceState,
  ReleaseState,
  RunState,
  SessionState,
  StepState,
} from '../model/states';
import type { GrantScope } from '../users/scope';
import type { OutgoingTables } from './outgoing-tables';
import type { SigninTables } from './signin-tables';

/**
 * The truth, table by table. Times are integer milliseconds UTC; `json` columns hold text that one owner parses
 * (the verb folder of the same noun). Booleans are 0 or 1, so that both databases say the same.
 */
export interface Tables extends SigninTables, OutgoingTables {
  meta: { key: string; value: string };
  users: { id: UserId; name: string; created_at: number; disabled_at: number | null };
  /** By what people are known elsewhere: e-mail addresses of commits, accounts at forges. In small letters. */
  identities: { kind: string; name: string; user_id: UserId };
  teams: { id: TeamId; name: string; created_at: number };
  team_members: { team_id: TeamId; user_id: UserId; added_at: number };
  /** Who holds which role where: users/roles.ts. */
  role_grants: {
    holder: UserId | TeamId;
    /** An app, or `*` for all apps. */
    scope: GrantScope;
    role: string;
    granted_at: number;
    granted_by: string;
  };
  tokens: {
    hash: string;
    user_id: UserId;
    name: string;
    created_at: number;
    /** To the minute. */
    last_used_at: number | null;
    /** What it may at most, words of `Action` with spaces between; null: all that its user may. */
    scopes: string | null;
    /** Name of the only app that it is for. */
    app: string | null;
    /** Null: it ends only by being taken back. */
    ends_at: number | null;
  };
  apps: {
    id: AppId;
    name: string;
    created_at: number;
    created_by: string;
    next_run: number;
    next_release: number;
    /** The app's folder in its repository; `.` for all of it. */
    path: string;
    /** The app whose remote this one shares; null for one with a remote of its own. */
    repository_id: AppId | null;
  };
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
    /** JSON list of `Identity`: who has moved it, as forges say; null: no forge did. */
    senders: string | null;
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
    /** The one before it is good until then: while a forge is told the new one. */
    earlier_secret: string | null;
    earlier_until: number | null;
    /** The key that the host must show, as `ssh-ed25519 AAAA…`; null unless it is fetched by SSH. */
    host_key: string | null;
    /** What is fetched beside its commits, such as `submodules`; empty unless somebody has turned it on. */
    extras: string;
    connected_at: number;
    connected_by: string;
  };
  /** What a run waits for of its commit that is not in it, and what became of that. */
  source_extras: {
    app_id: AppId;
    commit: string;
    extra: Extra;
    state: 'asked' | 'there' | 'refused' | 'failed';
    /** Why it is not there. */
    reason: string;
    asked_at: number;
  };
  /** What Gantry shows to a source that is fetched by SSH. The private part is sealed. */
  deploy_keys: { app_id: AppId; public_key: string; private_key: string; created_at: number; created_by: string };
  /** When a source was last compared with what was delivered of it; none before the first time. */
  source_looks: {
    app_id: AppId;
    /** The source that was looked at: of another one nothing is known. */
    url: string;
    looked_at: number | null;
    not_before: number;
    failures: number;
    /** What went wrong the last time; empty when nothing did. */
    reason: string;
  };
  /** Where a ref of the source stood when it was last accounted for. */
  source_heads: {
    app_id: AppId;
    ref: string;
    commit: string;
    /** What had been delivered of it then. */
    delivered: string;
  };
  /** Pull and merge requests. */
  requests: {
    app_id: AppId;
    number: number;
    forge: string;
    /** Where the source keeps its head. */
    ref: string;
    state: 'open' | 'closed';
    /** The commit that it stood at when it was last fetched; empty before that. */
    head: string;
    /** `branch`: somebody who may push to the source has its head in a branch there. */
    origin: 'branch' | 'fork';
    /** The head of a fork that somebody has allowed to run. */
    allowed_head: string | null;
    allowed_by: string | null;
    allowed_at: number | null;
    /** The run of its head. */
    run_id: RunId | null;
    updated_at: number;
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
    /** JSON of `Identity`: whose push or merge it tells of; null: it does not say. */
    sender: string | null;
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
    /** The run whose plan this one walks once more; only with the trigger `restart`. */
    restarts_run: RunId | null;
    /** 1 while this run may touch gray and production of its app; at most one run per app (a unique index). */
    holds_rollout: number;
    /** Higher goes first; a rollback is 10. */
    priority: number;
    next_event: number;
    /** The commit that the push moved its ref away from; null in a run that no push started. */
    moved_from: string | null;
    /** Number of the run that took its place. */
    superseded_by: number | null;
    /** An instance that does not get healthy stays this long for a look; null: it is removed at once. */
    keep_failed_ms: number | null;
    /** JSON of the values that it was started with, by name; null: it was asked for none. */
    parameters: string | null;
    /** JSON of model/cause.ts `RunCause`; null where trigger and person say all. */
    cause: string | null;
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
    /** JSON of steps/failure.ts `StepFailureNote`: what a failed step leaves for people. */
    failure: string | null;
    epoch: number;
    owner: string | null;
    lease_until: number | null;
    attempt: number;
    /** Not to be taken before this time (retry back-off). */
    not_before: number;
    abort_requested: number;
    /** Only one run at a time has it (`places`, and `runs.holds_rollout` for `rollout`); null: as many as there are. */
    place: string | null;
    /** Who goes first at the place: engine/steps/turn.ts. */
    turn: TurnRule | null;
    /** Only runners of this pool take it. */
    pool: string;
    /** JSON of when it is tried again; null: as any step. */
    retry: string | null;
    /** Times that it was tried again. Leases that were lost or given back do not count. */
    retries: number;
    ready_at: number | null;
    started_at: number | null;
    ended_at: number | null;
  };
  /** Which run has a place. It keeps it until none of its steps there is open. */
  places: { app_id: AppId; place: string; run_id: RunId; since: number };
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
  /** The bytes of images that releases stand on: the way back where there is no registry. */
  image_archives: {
    image_id: string;
    /** The release that it was first kept for; for people. */
    app_id: AppId;
    release: number;
    state: ArchiveState;
    reason: string;
    /** Rises with each attempt; a late actor's result is refused by it. */
    attempt: number;
    /** Attempts that failed since it was last kept. */
    failures: number;
    not_before: number;
    /** JSON of ports/images.ts `ImageArchive`; null until it was kept once. */
    archive: string | null;
    size: number;
    kept_at: number | null;
    /** When every blob was last seen to be what it was. */
    checked_at: number | null;
  };
  /** What a registry asks for: JSON that leaves this table only for the step that pulls, and goes with that. */
  registry_credentials: { run_id: RunId; credentials: string; expires_at: number };
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
    /** Since when gray has its share and rules, and who gave it these; null when nothing is gray. */
    gray_since: number | null;
    gray_by: string | null;
    created_at: number;
  };
  /** Users that a rule of gray lets in; a list never changes. */
  user_lists: {
    /** The beginning of the sha256 of its names. */
    id: string;
    /** JSON: the names in order, each once. */
    names: string;
    size: number;
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
    /** Set while `kept`: then it is removed. */
    kept_until: number | null;
    created_at: number;
    ended_at: number | null;
  };
  /** A person's look into an instance: its output, or a command in it. */
  instance_sessions: {
    id: SessionId;
    app_id: AppId;
    instance_id: InstanceId;
    kind: SessionKind;
    actor: string;
    cluster: string;
    /** JSON of ports/instance-access.ts: what was asked for. */
    request: string;
    state: SessionState;
    /** The runner that carries it. */
    owner: string | null;
    /** By the database's clock: not taken, or not renewed, by then, it is over. */
    deadline: number;
    exit_code: number | null;
    reason: string;
    created_at: number;
    opened_at: number | null;
    ended_at: number | null;
  };
  /** Runner processes that say they are there. */
  runners: {
    owner: string;
    cluster: string;
    /** Steps at once. */
    places: number;
    /** Names of pools and of step kinds, each between blanks: ` default build `. */
    pools: string;
    kinds: string;
    started_at: number;
    /** By the database's clock: one that is not seen by then is gone. */
    alive_until: number;
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
    /** JSON of approvals/bound.ts `Bound`, and its sha256: all that a yes stands for. */
    bound: string;
    bound_hash: string;
    /** Text of pipelines/change-window.ts; null: what follows may begin at any time. */
    change_window: string | null;
    /** Rises each time that people are asked again. */
    round: number;
    /** Why what people had said before counts no more; empty when they were asked once. */
    why: string;
    /** When the first step that follows began, and its name. Once. */
    consumed_at: number | null;
    consumed_by: string | null;
  };
  secrets: {
    app_id: AppId;
    /** A stage; empty: builds and every environment but production. */
    environment: string;
    name: string;
    /** Text of the vault, for `secretPurpose`. */
    sealed: string;
    set_at: number;
    set_by: string;
  };
  /** Branches and tags whose pipelines are given secrets; none: the default branch. */
  protected_refs: { app_id: AppId; kind: 'branch' | 'tag'; pattern: string; set_at: number; set_by: string };
  approval_votes: {
    approval_id: ApprovalId;
    user: string;
    vote: 'yes' | 'no';
    reason: string;
    at: number;
    /** 1: said in an emergency, without the role that is asked for. */
    broke_glass: 0 | 1;
  };
  /** Who took part in what a run carries: they do not decide over it. `kind` and `name` as in `identities`, or `user`. */
  run_people: { run_id: RunId; part: PartInChange; kind: string; name: string };
  /** Hash of the release in production beyond which they were noted; empty: there was none. */
  people_noted: { run_id: RunId; beyond: string };
  /** Times in which nothing changes in gray and production. */
  freezes: {
    id: FreezeId;
    /** Null: all apps. */
    app_id: AppId | null;
    reason: string;
    begun_at: number;
    begun_by: string;
    /** By the database's clock, as `ended_at`. */
    until: number;
    /** It was ended before its time. */
    ended_at: number | null;
    ended_by: string | null;
  };
  /** Gates that were opened in an emergency. */
  glass_breaks: {
    id: GlassId;
    app_id: AppId;
    run_id: RunId;
    approval_id: ApprovalId;
    step: string;
    broken_by: string;
    reason: string;
    broken_at: number;
    /** Until when somebody else must have looked at it; null: two people did it, or there is one person only. */
    review_due: number | null;
    reviewed_at: number | null;
    reviewed_by: string | null;
    verdict: 'right' | 'wrong' | null;
    note: string;
  };
  audit: {
    /** Rises over all chains; a chain has gaps in it. */
    seq: Generated<number>;
    /** The chain: an app's name, or `system`. */
    chain: string;
    at: number;
    actor: string;
    action: string;
    object: string;
    /** Canonical JSON. */
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
  /** What one release did in a span of time, as the gateway counted it. */
  traffic_samples: {
    environment_id: EnvironmentId;
    /** End of the span. */
    at: number;
    role: 'stable' | 'gray';
    release_id: ReleaseId;
    span_ms: number;
    requests: number;
    errors: number;
    /** Text of traffic/response-times.ts. */
    times: string;
  };
  /** A look at what retention would remove, or its removal: asked for by somebody, or by the rule. */
  retention_passes: {
    id: PassId;
    kind: 'look' | 'prune';
    state: 'asked' | 'running' | 'done' | 'failed';
    asked_by: string;
    asked_at: number;
    ended_at: number | null;
    /** Why it failed. */
    reason: string;
    /** JSON of retention/report.ts: as far as it has come. */
    report: string;
  };
  /** JSON of retention/reaper-report.ts, by cluster: what the reaper saw and left. */
  reaper_reports: { cluster: string; report: string };
  terms: { name: string; holder: string; epoch: number; until: number };
  ref_heads: { app_id: AppId; ref: string; commit: string; seen_at: number };
  /** What was last read of an app's pipeline at the head of its default branch: engine/triggers. */
  trigger_looks: {
    app_id: AppId;
    ref: string;
    commit: string;
    /** Why it could not be read; empty when it could. */
    reason: string;
    looked_at: number;
  };
  schedules: {
    app_id: AppId;
    /** What makes it the same schedule again: engine/triggers/schedule-key.ts. */
    key: string;
    cron: string;
    zone: string;
    /** Name of a branch; empty: the default branch. */
    ref: string;
    next_at: number;
    /** When `next_at` was counted, by the database's clock. */
    counted_at: number;
    last_at: number | null;
    last_run: RunId | null;
    /** Why the last one started no run; empty when it did. */
    reason: string;
  };
  /** Each time that a schedule started a run: once, by the key. */
  schedule_times: { app_id: AppId; key: string; at: number; run_id: RunId };
  /** Which releases start a run of an app. */
  release_triggers: { app_id: AppId; of_app: string; stage: string };
  /** A release that came through a stage which somebody waits for; written with the last step there. */
  release_followers: {
    app_id: AppId;
    release_id: ReleaseId;
    stage: string;
    /** JSON of model/cause.ts `RunCause`. */
    cause: string;
    state: 'pending' | 'started' | 'refused';
    reason: string;
    run_id: RunId | null;
    told_at: number;
    ended_at: number | null;
  };
}

/** What somebody did for a change: `approvals/part.ts` has the words. */
export type PartInChange = 'author' | 'committer' | 'co-author' | 'merger' | 'pusher' | 'starter';

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

export type RunTrigger =
  | 'push'
  | 'rollback'
  | 'manual'
  | 'undo'
  | 'release'
  | 'restart'
  | 'start'
  | 'schedule'
  | 'released'
  | 'request';

/** Null in `steps.turn`: whoever comes first. */
export type TurnRule = 'newest' | 'strict';

export type SessionKind = 'logs' | 'shell';
