/** The answers of the API under `/api/v1`. Times are milliseconds since 1970, UTC. */

export interface List<T> {
  items: T[];
}

export interface Status {
  version: string;
  installation: string;
  solo: boolean;
  user: { name: string; roles: string[] };
  url: string;
  gateway: { host: string; port: number } | null;
  domain: string;
  cluster: unknown;
  /** How many have not ended, by their state; an older Gantry does not tell. */
  runs?: Record<'queued' | 'running' | 'waiting' | 'undoing', number>;
}

/** How Gantry is, part by part. */
export interface Health {
  ready: boolean;
  parts: {
    name: string;
    title: string;
    /** Without it Gantry is not ready. */
    needed: boolean;
    state: 'up' | 'degraded' | 'down';
    since: number;
    found: string;
    /** What to do about it; empty when it is well. */
    next: string;
  }[];
}

export interface App {
  name: string;
  createdAt: number;
  /** Its folder in the repository; `.` for all of it. */
  path: string;
  /** The app whose remote it shares, or its own name. */
  repository: string;
  /** Where to push. */
  remote: string;
  /** Where it is fetched from when its forge calls; null when it is only pushed to. */
  source: Source | null;
  /** How its forge takes statuses of commits; null without a token. An older Gantry does not tell. */
  told?: ForgeTold | null;
  environments: Environment[];
  lastRun: RunSummary | null;
}

/** How a receiver answers. */
export interface Line {
  sentAt: number | null;
  sentId: string | null;
  /** What went wrong the last time; empty when nothing did. */
  trouble: string;
  troubleAt: number | null;
  retryAt: number | null;
}

export interface ForgeTold extends Line {
  /** Null: nothing tells which one it is. */
  forge: string | null;
  waiting: number;
}

/** Where people are told. */
export interface Channel extends Line {
  name: string;
  kind: string;
  /** Null: it is told of every app. */
  app: string | null;
  on: string[];
  /** As much of the address as may be seen. */
  to: string;
  waiting: number;
  dropped: number;
  createdAt: number;
  createdBy: string;
}

export interface Source {
  url: string;
  hasToken: boolean;
  connectedAt: number;
  /** Fingerprint of the key that is pinned for an SSH host; null for every other source. */
  hostKey?: string | null;
  /** Until then the secret of before the last rotation is good, too. */
  earlierSecretUntil?: number | null;
  /** When its branches were last compared with what was delivered; an older Gantry does not tell. */
  comparedAt?: number | null;
  /** Why that did not go well; empty when it did. */
  problem?: string;
  /** What is fetched beside its commits; an older Gantry does not tell. */
  extras?: string[];
  /** The hook's address by forge. */
  hooks: Record<string, string>;
}

export interface Extras {
  app: string;
  extras: string[];
}

export interface Connected {
  app: string;
  url: string;
  hasToken: boolean;
  /** Null when the app keeps the one that it had. */
  secret: string | null;
  /** What an SSH source must let in; null for every other one. */
  publicKey?: string | null;
  hooks: Record<string, string>;
}

/** A pull or merge request. */
export interface Request {
  number: number;
  forge: string;
  state: 'open' | 'closed';
  head: string;
  origin: 'branch' | 'fork';
  /** Its head runs only when somebody allows it. */
  waits: boolean;
  allowedBy: string | null;
  updatedAt: number;
  run: number | null;
}

export interface RequestAllowed {
  app: string;
  number: number;
  head: string;
  run: number;
}

export interface SecretRotated {
  app: string;
  secret: string;
  /** Until then the one before is good, too. */
  earlierUntil: number | null;
}

export interface DeployKey {
  app: string;
  publicKey: string;
  createdAt: number;
}

/** A webhook that was received, and what became of it. */
export interface Hook {
  delivery: string;
  forge: string;
  event: string;
  ref: string;
  after: string;
  receivedAt: number;
  endedAt: number | null;
  outcome: string;
  reason: string;
  attempts: number;
  run: number | null;
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

/** A way into gray whatever the share is. */
export interface GrayRule {
  kind: 'header' | 'cookie' | 'users';
  /** For people: `header X-Team = qa`, `3 users`. */
  text: string;
}

/** Who meets gray, since when and by whose word. */
export interface Gray {
  app: string;
  stable: ReleaseRef | null;
  gray: ReleaseRef | null;
  /** In 1/10,000. */
  share: number;
  rules: GrayRule[];
  salt: string;
  identity: string | null;
  since: number | null;
  by: string | null;
  /** Over the last minute; the share in 1/10,000, null without requests. */
  measured: { requests: number; share: number | null };
}

/** Which release a visitor meets. */
export interface GrayExplained {
  app: string;
  host: string;
  /** Null: it depends on the id that a new visitor gets. */
  release: ReleaseRef | null;
  role: string | null;
  sentences: string[];
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
  rules: GrayRule[];
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
  supersededBy?: number | null;
  /** Where it stands when other runs of the app go first. */
  inLine?: { place: string; position: number; behind: number; words: string } | null;
  url: string;
}

/** Every state of a run; the API tells them in its description. */
export const RUN_STATE_NAMES = [
  'queued',
  'running',
  'waiting',
  'undoing',
  'succeeded',
  'failed',
  'cancelled',
  'superseded',
  'ignored',
] as const;

/** The answer of the API and of `gantry run list --json`, whose shape is `version`. */
export interface RunList extends List<RunSummary> {
  version: number;
  /** Where the next page begins; null at the end. */
  next: string | null;
}

/** What starts runs of an app by itself. */
export interface Triggers {
  app: string;
  ref: string;
  /** Null before its pipeline was read for the first time. */
  commit: string | null;
  /** Why nothing starts by itself now; empty when it does. */
  reason: string;
  schedules: {
    cron: string;
    zone: string;
    ref: string | null;
    next: number[];
    lastAt: number | null;
    lastRun: number | null;
    reason: string;
  }[];
  released: { app: string; stage: string }[];
  followed: {
    app: string;
    stage: string;
    release: number;
    state: 'pending' | 'started' | 'refused';
    reason: string;
    run: number | null;
    at: number;
  }[];
}

/** Who did what. */
export interface AuditEntry {
  seq: number;
  /** Name of the app, or `system`. */
  chain: string;
  at: number;
  actor: string;
  action: string;
  object: string;
  detail: unknown;
}

export interface AuditVerdict {
  ok: boolean;
  entries: number;
  chains: { chain: string; entries: number; hash: string }[];
  breaks: { chain: string; entry: number; finding: string; says: string }[];
  anchors: { where: string; lines: number; at: number | null } | null;
  remarks: string[];
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
  /** Number of the run that took it back later. */
  undoneBy: number | null;
}

export interface Approval {
  step: string;
  state: string;
  role: string;
  count: number;
  votes: { user: string; vote: 'yes' | 'no'; reason: string; at: number }[];
  releaseHash: string;
  /** Of all that a yes stands for; an older Gantry does not tell. */
  boundHash?: string;
  expiresAt: number;
}

/** A gate that was opened in an emergency. */
export interface BrokenGlass {
  app: string;
  run: number;
  step: string;
  by: string;
  reason: string;
  at: number;
  reviewDue: number | null;
}

export interface Freeze {
  id: string;
  /** Null: all apps. */
  app: string | null;
  reason: string;
  begunAt: number;
  begunBy: string;
  until: number;
}

/** Why a run failed. */
export interface Failure {
  step: string;
  error: string;
  /** The lines of the step's log that matter, with their numbers in the whole log. */
  lines: { number: number; text: string }[];
  /** What to try, most likely first. */
  tries: string[];
  /** How the instance ended that did not get healthy. */
  instance: {
    name: string;
    exitCode: number | null;
    outOfMemory: boolean;
    answers: { afterMs: number; words: string }[];
    lastLines: string[];
  } | null;
  /** That instance is kept for a look until then. */
  keptUntil: number | null;
}

/** What a run waits for, or how it ended. */
export interface Why {
  app: string;
  number: number;
  state: string;
  sentences: string[];
  /** What answers it, ready to be typed. */
  commands: string[];
  failure: Failure | null;
}

/** An instance as it is numbered in its place. */
export interface PlacedInstance {
  number: number;
  name: string;
  place: string;
  state: string;
  release: number;
  keptUntil: number | null;
}

export interface Run extends RunSummary {
  steps: Step[];
  stages: { name: string; state: string; startedAt: number | null; endedAt: number | null }[];
  approvals: Approval[];
  /** One sentence, or empty. */
  waitsFor: string;
  /** Number of the run that this one takes back. */
  undoes: number | null;
  /** The run whose plan this one walks once more. */
  restarts: number | null;
  /** What it was started with, by name; an older Gantry does not tell. */
  parameters?: Record<string, string>;
  /** Why it was started, a sentence; empty where trigger and person say it. */
  cause?: string;
  releaseHash: string | null;
  failure?: Failure | null;
  /** What its forge and channels were not told of it, a sentence each; an older Gantry does not tell. */
  untold?: string[];
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
  /** The kept bytes of its production image. */
  image: { state: string; reason: string; size: number; keptAt: number | null; checkedAt: number | null };
}

export interface ReleaseStarted {
  app: string;
  run: number;
  url: string;
}

export interface Decided {
  /** Until when somebody else must have reviewed it; null or absent: nobody needs to. */
  reviewDue?: number | null;
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

export interface UndoPreview {
  app: string;
  run: number;
  what: string;
  /** In the order in which they are taken back. */
  steps: { step: string; kind: string; does: string; lastMs: number | null }[];
  skipped: { step: string; why: string }[];
  /** With one of these nothing is done. */
  refused: { step: string; why: string; next: string }[];
  hash: string;
}

const FINAL_RUN_STATES = ['succeeded', 'failed', 'cancelled', 'superseded', 'ignored'];
/** Final states never change. */
export const isFinal = (run: { state: string }): boolean => FINAL_RUN_STATES.includes(run.state);

const FINAL_STEP_STATES = ['succeeded', 'failed', 'cancelled', 'undone'];
export const isFinalStep = (step: { state: string }): boolean => FINAL_STEP_STATES.includes(step.state);

/** What retention removed, or would remove. */
export interface RetentionPass {
  id: string;
  kind: 'look' | 'prune';
  state: 'asked' | 'running' | 'done' | 'failed';
  endedAt: number | null;
  reason: string;
  report: {
    removed: Record<string, { count: number; bytes: number; digest: string }>;
    items: { kind: string; name: string; why: string; bytes: number }[];
    stays: { kind: string; why: string; count: number }[];
    left: { kind: string; name: string; why: string }[];
  };
}

/** What has no record and was not removed. */
export interface ReaperReport {
  cluster: string;
  at: number;
  doubtful: { kind: string; name: string; why: string }[];
  left: { kind: string; name: string; why: string }[];
}

/** A browser or a command line in which somebody is signed in. */
export interface SignedIn {
  id: string;
  kind: 'browser' | 'command';
  seenAt: number;
  endsAt: number;
  secondFactorAt: number | null;
  agent: string;
  address: string;
  current: boolean;
}

export interface ApiToken {
  name: string;
  /** Null: all that its user may. */
  may: string[] | null;
  app: string | null;
  endsAt: number | null;
  usedAt: number | null;
}

export interface InvitationMade {
  user: string;
  url: string;
  endsAt: number;
}

export interface Secret {
  name: string;
  /** Empty: builds and every environment but production. */
  environment: string;
  setAt: number;
  setBy: string;
}

export interface SecretSet {
  app: string;
  name: string;
  environment: string;
  replaced: boolean;
}

export interface KeyRotated {
  key: string;
  sealedAnew: number;
}

export interface KeysForgotten {
  key: string;
  forgotten: string[];
}

/** Whose pipelines are given secrets. */
export interface Protected {
  items: { kind: 'branch' | 'tag'; pattern: string }[];
  byDefault: boolean;
}

/** A command line that asked to be let in. */
export interface LoginAsked {
  secret: string;
  code: string;
  url: string;
  endsAt: number;
  askEveryMs: number;
}

export interface LoginTaken {
  state: 'waiting' | 'refused' | 'begun';
  session: { secret: string; user: string; endsAt: number } | null;
}

export const ROLE_NAMES = ['viewer', 'developer', 'qa', 'release-manager', 'operator', 'auditor', 'admin'] as const;

/** A role, and the app at which it holds; null: all apps. */
export interface RoleHeld {
  role: string;
  app: string | null;
}

export interface User {
  name: string;
  enabled: boolean;
  roles: RoleHeld[];
  teams: string[];
  identities: { kind: string; name: string }[];
}

export interface UserAdded {
  name: string;
  invitation: { url: string; endsAt: number };
  changes: string[];
}

export interface Team {
  name: string;
  roles: RoleHeld[];
  members: string[];
}

export interface Granted extends RoleHeld {
  holder: string;
  changed: boolean;
}
