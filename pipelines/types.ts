/**
 * The pipeline language as data: what `gantry.yml` says (`PipelineSpec`) and what a run will do (`Plan`).
 * Durations are milliseconds, memory is bytes, shares are 1/10,000, unless a name says otherwise.
 */

/** `gantry.yml` after parsing: checked, defaults filled in, units converted. */
export interface PipelineSpec {
  app: string;
  build: BuildSpec;
  serve: ServeSpec;
  /** In order. `test`, `gray`, `production` unless the file leaves some out; `production` is always there. */
  stages: StageSpec[];
  /** Which pushes this pipeline wants; another one ends as `ignored`. Default: `branches: [main, master]`. */
  on: OnSpec;
}

export interface OnSpec {
  branches: string[];
  tags: string[];
  /** Globs of files, from the folder of `gantry.yml`, or with "/" in front from the repository's; null: every file. */
  paths: string[] | null;
  /** Whether a commit's message may say that its push is to start no run. */
  skip: boolean;
  /** Whether the head of a pull or merge request is tested. */
  requests: boolean;
  /** What people are asked for when they start a run. */
  manual: { parameters: ParameterSpec[] };
  schedule: ScheduleSpec[];
  /** Releases of other apps that start a run of this one. */
  released: ReleasedSpec[];
}

/** A value that people give when they start a run. `default` null: it must be given. */
export type ParameterSpec = { name: string; about: string } & (
  | { type: 'choice'; of: string[]; default: string | null }
  | { type: 'number'; min: number; max: number; default: number | null }
  | { type: 'boolean'; default: boolean }
  | { type: 'text'; max: number; default: string | null }
);

/** A run at certain times, of the head of a branch. */
export interface ScheduleSpec {
  /** Five fields. */
  cron: string;
  /** IANA name of the time zone whose clocks count. */
  zone: string;
  /** Name of the branch; null: the default branch. */
  ref: string | null;
}

/** A release of `app` that has come through its stage `stage`. */
export interface ReleasedSpec {
  app: string;
  stage: string;
}

export interface BuildSpec {
  /** Builds a WAR/EAR (or another file) by running a command in a container. */
  artifact: ArtifactBuild | null;
  /** Builds an image by the app's own Dockerfile. One of the two is set, or both are null (nothing to build: error). */
  image: ImageBuild | null;
  /** Commands that run in containers before anything is sealed, for example unit tests. */
  commands: CommandSpec[];
  order: BuildOrder;
  /** The runners that build. */
  pool: string;
}

/**
 * What becomes of pushes of one ref that come faster than they are built. `newest`: one is built and one waits, a newer
 * one takes the place of the one that waits. `every`: all are built, side by side.
 */
export type BuildOrder = 'newest' | 'every';

/**
 * One run at a time is in a stage. `newest`: a newer run of the same ref takes the place of one that waits there, for
 * its turn or for people. `strict`: each has its turn, in the order of the pushes.
 */
export type StageOrder = 'newest' | 'strict';

/** When a step is tried again. */
export interface RetrySpec {
  /** Beside the first try. */
  times: number;
  /** Before the first time, ms; doubled each time. */
  backOff: number;
  /** `world`: something around it did not answer. `timeout`: its time was over. A number: its command ended with it. */
  on: ('world' | 'timeout' | number)[];
}

/** What is tried again where a pipeline says nothing. */
export const DEFAULT_RETRY: RetrySpec = { times: 3, backOff: 1_000, on: ['world'] };

export interface ArtifactBuild {
  /** Image that the build runs in, for example `gantry/maven`. */
  in: string;
  run: string;
  /** Glob, relative to the repository folder; must match exactly one file. */
  take: string;
  /** Folders kept between builds of this app; `~` is the build container's home. */
  cache: string[];
  env: Record<string, string>;
  timeout: number;
  memory: number;
  /** Names; each is a file in `SECRETS_FOLDER`. Left out where there are none, so that plans stay as they were. */
  secrets?: string[] | undefined;
  retry?: RetrySpec | undefined;
}

/** Where whatever is given secrets finds them. */
export const SECRETS_FOLDER = '/run/secrets';

export interface ImageBuild {
  dockerfile: string;
  context: string;
  target: string | null;
  args: Record<string, string>;
  timeout: number;
  retry?: RetrySpec | undefined;
}

export interface CommandSpec {
  name: string;
  in: string;
  run: string;
  env: Record<string, string>;
  cache: string[];
  timeout: number;
  memory: number;
  secrets?: string[] | undefined;
  retry?: RetrySpec | undefined;
}

/** How instances are served. A stage may override any part; the merged result is `StageSpec.serve`. */
export interface ServeSpec {
  /** Base container that the artifact is put into; null for an app that builds its own image. */
  base: string | null;
  port: number;
  health: HealthSpec;
  env: Record<string, string>;
  /** File in the repository → absolute path in the container. */
  files: { from: string; to: string }[];
  instances: number;
  resources: { memory: number; cpus: number };
  /** A session stays on its instance, through promotion and drain. */
  sticky: boolean;
  /** How long requests, sessions and WebSockets may go on where the traffic went away. */
  drain: number;
  secrets?: string[] | undefined;
}

export interface HealthSpec {
  path: string;
  status: number;
  within: number;
}

export type DeliverMode = 'image' | 'inject';

export interface StageSpec {
  name: string;
  /** `environment` is a place of its own (test); `gray` is a slot beside stable; `production` makes it stable. */
  role: 'environment' | 'gray' | 'production';
  deliver: DeliverMode;
  serve: ServeSpec;
  verify: VerifySpec[];
  approve: ApproveSpec | null;
  gray: GraySpec | null;
  /** How long the previous release stays warm after a promotion. */
  keepWarm: number;
  /** How long an instance that did not get healthy is kept for a look; 0: it is removed at once. */
  keepFailed: number;
  order: StageOrder;
  /** The runners that reach it. */
  pool: string;
  /** Of its deliver and verify. */
  retry?: RetrySpec | undefined;
}

/** Who is asked before a release goes on. */
export interface ApproveSpec {
  role: string;
  /** So many different people. */
  count: number;
  expires: number;
  /** Text of change-window.ts: when what comes next may begin. Left out: at any time. */
  window?: string | undefined;
}

export type VerifySpec =
  | { kind: 'http'; path: string; status: number; contains: string | null; timeout: number }
  | {
      kind: 'run';
      run: string;
      in: string;
      env: Record<string, string>;
      timeout: number;
      memory: number;
      secrets?: string[];
    };

export interface GraySpec {
  share: number;
  /** Any of them lets a visitor in. */
  rules: GrayRuleSpec[];
  /** Null: visitors are known by a cookie of the gateway alone. */
  identity: IdentitySpec | null;
  observe: ObserveSpec | null;
}

/** A way into gray whatever the share is. */
export type GrayRuleSpec = ValueRule | { kind: 'users'; names: string[] } | { kind: 'users-file'; file: string };

/** A request header, by its name in any case, or a cookie. */
export interface ValueRule {
  kind: 'header' | 'cookie';
  name: string;
  match: 'equals' | 'startsWith';
  value: string;
}

/** The header in which a login proxy says who the visitor is. It counts only from who proves to be that proxy. */
export interface IdentitySpec {
  header: string;
  /** Blocks of addresses (CIDR) that the proxy sends from. */
  trustedFrom: string[];
  /** Or another header, with a secret of this sha256 (hex). */
  proof: { header: string; sha256: string } | null;
}

export interface ObserveSpec {
  for: number;
  /** Largest allowed share of failed answers of gray, in 1/10,000; null: not judged. */
  errors: number | null;
  /** Largest allowed p95 response time of gray in ms; null: not judged. */
  p95: number | null;
  /** Fewer gray requests than this, and the verdict is "cannot tell". */
  minRequests: number;
}

// ---------------------------------------------------------------------------------------------------------------------

/** Version of the shape below; stored with each plan. */
export const PLAN_FORMAT = 1;

/** What one run will do: an ordered list of steps. Pure data, stored at plan time, hashed into the release. */
export interface Plan {
  format: typeof PLAN_FORMAT;
  app: string;
  /** sha256 of the canonical JSON of the spec. */
  pipelineHash: string;
  stages: StageSpec[];
  build: BuildSpec;
  steps: PlannedStep[];
}

/** What a release from outside is made of; it takes the place of everything that would be built. */
export type Given = GivenArtifact | GivenImage;

/** A file that was uploaded. */
export interface GivenArtifact {
  kind: 'war' | 'ear';
  digest: string;
  name: string;
}

export interface GivenImage {
  kind: 'image';
  /** `sha256:…` of an image that is on the cluster, or `registry/name@sha256:…`. */
  ref: string;
}

/** Where a plan comes from; by default the pipeline at the run's commit, which is then built. */
export interface PlanSource {
  given?: Given;
  /** The pipeline's text, when it is not the one at the commit. */
  pipeline?: string;
  /** The registry of a given image asked who pulls; what it was told is not kept. */
  withCredentials?: true;
}

/** The unit that is leased, logged, retried, undone. `spec` belongs to its kind. */
export type PlannedStep = {
  /** Unique in the plan; people type it: `build-image`, `test/deliver`, `gray/share`. */
  name: string;
  /** Build steps have stage `build`. */
  stage: string;
  /** Names of the steps that must have succeeded before; only earlier ones. */
  needs: string[];
  /** Whole step, waiting for people not counted. */
  timeout: number;
  /** Default: `DEFAULT_RETRY`. */
  retry?: RetrySpec | undefined;
} & StepSpec;

export type StepSpec =
  | { kind: 'plan'; spec: PlanSource }
  | { kind: 'command'; spec: CommandSpec }
  | { kind: 'build-image'; spec: ImageBuild }
  | { kind: 'build-artifact'; spec: ArtifactBuild }
  /** Instead of a build: what was given is checked and sealed. */
  | { kind: 'take-artifact'; spec: GivenArtifact }
  | { kind: 'take-image'; spec: GivenImage }
  /** The thin production image: the artifact as one layer on its base. Follows build-artifact or take-artifact. */
  | { kind: 'layer-image'; spec: { base: string } }
  | { kind: 'seal'; spec: Record<string, never> }
  | { kind: 'deliver'; spec: { mode: DeliverMode; role: StageSpec['role'] } }
  | { kind: 'verify'; spec: { checks: VerifySpec[] } }
  | { kind: 'approve'; spec: ApproveSpec }
  /** The rules are those that were sealed with the release. */
  | { kind: 'share'; spec: { share: number } }
  | { kind: 'observe'; spec: ObserveSpec }
  | { kind: 'promote'; spec: { keepWarm: number } }
  | { kind: 'retire'; spec: Record<string, never> };

export type StepKindName = StepSpec['kind'];

/** Why a file was refused, or what is doubtful in it. Lines and columns start at 1. */
export interface Problem {
  file: string;
  line: number;
  column: number;
  /** Where in the document: `stages.gray.share`. */
  path: string;
  code: string;
  severity: 'error' | 'warning';
  message: string;
  /** The text that was refused, at most 80 characters. */
  offending: string;
  /** The nearest valid key or value, if there is one. */
  nearest: string | null;
}
