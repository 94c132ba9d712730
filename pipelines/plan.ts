import { canonicalHash } from './canonical';
import {
  type Given,
  type PipelineSpec,
  PLAN_FORMAT,
  type Plan,
  type PlannedStep,
  type StageSpec,
  type StepSpec,
} from './types';

/** Stage name of the steps before the first delivery. */
export const BUILD_STAGE = 'build';

const MINUTE = 60_000;
/** Time that a step may take beside the work that has a limit of its own: fetching images, copying files, cleaning up. */
const SLACK_MS = 2 * MINUTE;
/** An image from a registry; one that sends nothing is given up much earlier. */
const PULL_MS = 15 * MINUTE;

/**
 * The ordered steps of one run. Pure: equal arguments, equal plan. The spec must have passed lint.
 * @param given what the release is made of when it is not built; its kind must suit the spec, see `givenProblem`
 */
export function planPipeline(spec: PipelineSpec, given?: Given): Plan {
  const steps = buildSteps(spec, given);
  const stages = given?.kind === 'image' ? spec.stages.map(byImage) : spec.stages;
  for (const stage of stages) {
    for (const step of stageSteps(stage)) {
      const before = steps.at(-1)?.name;
      steps.push({ ...step, stage: stage.name, needs: before === undefined ? [] : [before] });
    }
  }
  return {
    format: PLAN_FORMAT,
    app: spec.app,
    pipelineHash: canonicalHash(spec),
    stages,
    build: spec.build,
    steps,
  };
}

/** What is left of a pipeline for a commit that is only to be tried: it never comes near production. */
export const onlyTested = (spec: PipelineSpec): PipelineSpec => ({
  ...spec,
  stages: spec.stages.filter(({ role }) => role === 'environment'),
});

/** An image can be injected into nothing. */
const byImage = (stage: StageSpec): StageSpec => ({ ...stage, deliver: 'image' });

/** Why nothing can be made of what was given by this pipeline; null when it can. */
export function givenProblem(spec: PipelineSpec, given: Given): string | null {
  if (given.kind === 'image' || spec.serve.base !== null) return null;
  return `${given.name} needs a base to run on, and the pipeline builds an image of its own (serve.base is not set)`;
}

type Draft = Pick<PlannedStep, 'name' | 'timeout' | 'retry'> & StepSpec;

/** What makes the artifacts depends on the plan only, so it may run side by side; `seal` waits for all of it. */
function buildSteps(spec: PipelineSpec, given: Given | undefined): PlannedStep[] {
  const drafts = given === undefined ? builds(spec) : [takes(given)];
  const steps: PlannedStep[] = [
    { name: 'plan', stage: BUILD_STAGE, needs: [], timeout: MINUTE, kind: 'plan', spec: {} },
    ...drafts.map((draft) => ({ ...draft, stage: BUILD_STAGE, needs: ['plan'] })),
  ];
  const artifact = drafts.find(({ kind }) => kind === 'build-artifact' || kind === 'take-artifact');
  if (artifact !== undefined && spec.serve.base !== null) {
    const layer: StepSpec = { kind: 'layer-image', spec: { base: spec.serve.base } };
    steps.push({ name: 'layer-image', stage: BUILD_STAGE, needs: [artifact.name], timeout: 5 * MINUTE, ...layer });
  }
  const needs = steps.map((step) => step.name);
  steps.push({ name: 'seal', stage: BUILD_STAGE, needs, timeout: MINUTE, kind: 'seal', spec: {} });
  return steps;
}

function takes(given: Given): Draft {
  if (given.kind === 'image') return { name: 'take-image', timeout: PULL_MS, kind: 'take-image', spec: given };
  return { name: 'take-artifact', timeout: MINUTE, kind: 'take-artifact', spec: given };
}

function builds(spec: PipelineSpec): Draft[] {
  const { commands, image, artifact } = spec.build;
  const drafts: Draft[] = commands.map((command) => ({
    name: `command/${command.name}`,
    kind: 'command',
    spec: command,
    timeout: command.timeout + SLACK_MS,
    ...retryOf(command),
  }));
  if (image !== null) {
    const timeout = image.timeout + SLACK_MS;
    drafts.push({ name: 'build-image', kind: 'build-image', spec: image, timeout, ...retryOf(image) });
  }
  if (artifact !== null) {
    drafts.push({
      name: 'build-artifact',
      kind: 'build-artifact',
      spec: artifact,
      timeout: artifact.timeout + SLACK_MS,
      ...retryOf(artifact),
    });
  }
  return drafts;
}

/** Left out where the pipeline says nothing: the engine's default may change, and plans stay as they were. */
const retryOf = ({ retry }: Pick<PlannedStep, 'retry'>): Pick<PlannedStep, 'retry'> =>
  retry === undefined ? {} : { retry };

/**
 * Deliver, verify, ask people, move traffic: in this order in each stage, so that people see what they approve. Only
 * where production's secrets are given they are asked first: nothing that nobody agreed to may read those.
 */
function stageSteps(stage: StageSpec): Draft[] {
  const name = (kind: string): string => `${stage.name}/${kind}`;
  const { mode, role } = { mode: stage.deliver, role: stage.role };
  const steps: Draft[] = [
    { name: name('deliver'), timeout: deliverTimeout(stage), kind: 'deliver', spec: { mode, role }, ...retryOf(stage) },
  ];
  if (stage.verify.length > 0) {
    const timeout = stage.verify.reduce((sum, check) => sum + check.timeout, SLACK_MS);
    steps.push({ name: name('verify'), timeout, kind: 'verify', spec: { checks: stage.verify }, ...retryOf(stage) });
  }
  if (stage.approve !== null) {
    const approve: Draft = { name: name('approve'), timeout: MINUTE, kind: 'approve', spec: stage.approve };
    if (isGivenProductionSecrets(stage)) steps.unshift(approve);
    else steps.push(approve);
  }
  return [...steps, ...graySteps(stage), ...productionSteps(stage)];
}

function isGivenProductionSecrets({ role, serve, verify }: StageSpec): boolean {
  if (role === 'environment') return false;
  return serve.secrets !== undefined || verify.some((check) => check.kind === 'run' && check.secrets !== undefined);
}

function graySteps({ name, gray }: StageSpec): Draft[] {
  if (gray === null) return [];
  const { share, observe } = gray;
  const steps: Draft[] = [{ name: `${name}/share`, timeout: MINUTE, kind: 'share', spec: { share } }];
  if (observe !== null) {
    steps.push({ name: `${name}/observe`, timeout: observe.for + SLACK_MS, kind: 'observe', spec: observe });
  }
  return steps;
}

function productionSteps(stage: StageSpec): Draft[] {
  if (stage.role !== 'production') return [];
  return [
    { name: `${stage.name}/promote`, timeout: MINUTE, kind: 'promote', spec: { keepWarm: stage.keepWarm } },
    { name: `${stage.name}/retire`, timeout: stage.serve.drain + SLACK_MS, kind: 'retire', spec: {} },
  ];
}

/** Instances start one after the other at worst. */
function deliverTimeout({ serve }: StageSpec): number {
  return serve.health.within * serve.instances + SLACK_MS;
}
