import { DEFAULT_POOL } from './names';
import { resolveParameter } from './parameters';
import { plainPath, plainPattern, WHOLE_REPOSITORY } from './paths';
import type { CheckShape, EnvironmentShape, PipelineShape, ServeOverrideShape } from './shape';
import type {
  ArtifactBuild,
  BuildSpec,
  DeliverMode,
  GrayRuleSpec,
  GraySpec,
  ImageBuild,
  PipelineSpec,
  ServeSpec,
  StageSpec,
  VerifySpec,
} from './types';

/** Image that commands run in when neither they nor `build.artifact` name one. */
export const COMMAND_IMAGE = 'gantry/debian';
const VERIFY_TIMEOUT_MS = 5 * 60_000;
const VERIFY_MEMORY = 256 * 1024 ** 2;

type GrayShape = NonNullable<PipelineShape['stages']['gray']>;
type ProductionShape = NonNullable<PipelineShape['stages']['production']>;

/**
 * A checked file to the spec: defaults that depend on other keys are filled in, stages are merged with `serve`.
 * `order` holds the stage names as the file lists them; production is put last when the file does not name it.
 */
export function resolvePipeline(shape: PipelineShape, order: readonly string[]): PipelineSpec {
  const build = resolveBuild(shape);
  const serve = resolveServe(shape);
  const names = order.includes('production') ? order : [...order, 'production'];
  return {
    app: shape.app,
    build,
    serve,
    stages: names.map((name) => resolveStage(name, shape.stages[name], build, serve)),
    on: resolveOn(shape),
  };
}

function resolveOn({ on }: PipelineShape): PipelineSpec['on'] {
  const parameters = Object.entries(on.manual.parameters).map(([name, one]) => resolveParameter(name, one));
  return {
    ...on,
    paths: on.paths?.map(plainPattern) ?? null,
    manual: { parameters },
    schedule: on.schedule.map((one) => ({ ...one, ref: one.ref ?? null })),
  };
}

function resolveBuild(shape: PipelineShape): BuildSpec {
  const { artifact, commands, order, pool } = shape.build;
  const image = shape.serve.image;
  return {
    artifact: artifact === undefined ? null : resolveArtifact(artifact),
    image: image === undefined ? null : resolveImage(image),
    commands: commands.map((command) => ({ ...command, in: command.in ?? artifact?.in ?? COMMAND_IMAGE })),
    order,
    pool,
  };
}

function resolveArtifact(artifact: NonNullable<PipelineShape['build']['artifact']>): ArtifactBuild {
  return { ...artifact, take: plainPath(artifact.take) };
}

function resolveImage(image: NonNullable<PipelineShape['serve']['image']>): ImageBuild {
  return {
    ...image,
    dockerfile: plainPath(image.dockerfile),
    context: image.context === WHOLE_REPOSITORY ? image.context : plainPath(image.context),
    target: image.target ?? null,
  };
}

function resolveServe(shape: PipelineShape): ServeSpec {
  const { image: _built, base, files, ...rest } = shape.serve;
  return { ...rest, base: base ?? null, files: plainFiles(files) };
}

/** `serve` with what a stage says otherwise: mappings by key, files by target, everything else as a whole. */
function mergeServe(serve: ServeSpec, override: ServeOverrideShape): ServeSpec {
  const files = plainFiles(override.files ?? []);
  const kept = serve.files.filter((file) => !files.some((own) => own.to === file.to));
  return {
    base: serve.base,
    port: override.port ?? serve.port,
    health: {
      path: override.health?.path ?? serve.health.path,
      status: override.health?.status ?? serve.health.status,
      within: override.health?.within ?? serve.health.within,
    },
    env: { ...serve.env, ...override.env },
    files: [...kept, ...files],
    instances: override.instances ?? serve.instances,
    resources: {
      memory: override.resources?.memory ?? serve.resources.memory,
      cpus: override.resources?.cpus ?? serve.resources.cpus,
    },
    sticky: override.sticky ?? serve.sticky,
    drain: override.drain ?? serve.drain,
    ...secretsOf(override.secrets ?? serve.secrets),
  };
}

/** None is the same as saying nothing. */
const secretsOf = (names: string[] | undefined): { secrets?: string[] } =>
  names === undefined || names.length === 0 ? {} : { secrets: names };

function plainFiles(files: ServeSpec['files']): ServeSpec['files'] {
  return files.map((file) => ({ from: plainPath(file.from), to: `/${plainPath(file.to)}` }));
}

function resolveStage(
  name: string,
  shape: EnvironmentShape | undefined,
  build: BuildSpec,
  serve: ServeSpec,
): StageSpec {
  const role = name === 'gray' || name === 'production' ? name : 'environment';
  const deliver: DeliverMode = role === 'environment' && build.artifact !== null ? 'inject' : 'image';
  return {
    name,
    role,
    deliver: shape?.deliver ?? deliver,
    serve: mergeServe(serve, shape?.serve ?? {}),
    verify: (shape?.verify ?? []).map(resolveCheck),
    approve: shape?.approve ?? null,
    gray: role === 'gray' ? resolveGray(shape as GrayShape) : null,
    keepFailed: shape?.keepFailed ?? 0,
    order: shape?.order ?? (role === 'environment' ? 'newest' : 'strict'),
    pool: shape?.pool ?? DEFAULT_POOL,
    ...(shape?.retry === undefined ? {} : { retry: shape.retry }),
    keepWarm: role === 'production' ? resolveKeepWarm(shape as ProductionShape | undefined) : 0,
  };
}

const KEEP_WARM_MS = 30 * 60_000;

function resolveKeepWarm(shape: ProductionShape | undefined): number {
  return shape?.keepWarm ?? KEEP_WARM_MS;
}

function resolveCheck(check: CheckShape): VerifySpec {
  if (check.http !== undefined) return { kind: 'http', ...check.http, contains: check.http.contains ?? null };
  return {
    kind: 'run',
    run: check.run ?? '',
    in: check.in ?? COMMAND_IMAGE,
    env: check.env ?? {},
    timeout: check.timeout ?? VERIFY_TIMEOUT_MS,
    memory: check.memory ?? VERIFY_MEMORY,
    ...secretsOf(check.secrets),
  };
}

function resolveGray(shape: GrayShape): GraySpec {
  const { identity, observe } = shape;
  return {
    share: shape.share,
    rules: shape.rules.map(resolveRule),
    identity: identity === undefined ? null : { ...identity, proof: identity.proof ?? null },
    observe: observe === undefined ? null : { ...observe, errors: observe.errors ?? null, p95: observe.p95 ?? null },
  };
}

function resolveRule(rule: GrayShape['rules'][number]): GrayRuleSpec {
  if (rule.users !== undefined) return { kind: 'users', names: rule.users };
  if (rule.usersFile !== undefined) return { kind: 'users-file', file: plainPath(rule.usersFile) };
  return {
    kind: rule.header === undefined ? 'cookie' : 'header',
    name: rule.header ?? rule.cookie ?? '',
    match: rule.equals === undefined ? 'startsWith' : 'equals',
    value: rule.equals ?? rule.startsWith ?? '',
  };
}
