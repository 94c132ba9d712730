import { StepFailure } from '../../engine/model/errors';
import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import { describeRun } from '../../engine/runs/describe';
import { checkPipeline, problemLine } from '../../pipelines/check';
import { planPipeline } from '../../pipelines/plan';
import { proposePipeline } from '../../pipelines/propose';
import { wantsRef } from '../../pipelines/refs';
import type { PipelineSpec, Problem } from '../../pipelines/types';
import type { World } from '../world';

export const PIPELINE_FILE = 'gantry.yml';
const FILE_LIMIT_BYTES = 256 * 1024;
/** Files that tell what kind of project it is, when there is no pipeline. */
const TELLING = ['Dockerfile', 'pom.xml', 'package.json', 'docker-compose.yml', 'compose.yml', 'compose.yaml'];

/** Reads the pipeline at the commit, without a checkout, and stores what the run will do. */
export function planStep(world: World): StepKind<'plan'> {
  return {
    kind: 'plan',
    run: (context) => makePlan(context, world),
    inspect: async () => ({ found: 'nothing' }), // reading changes nothing
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}

async function makePlan(context: StepContext<'plan'>, world: World): Promise<StepResult> {
  const { lease, log, engine } = context;
  const app = lease.app.name;
  const { commit, ref } = lease.run;
  const facts = await world.sources.commit(app, commit);
  await describeRun(engine.parts, lease, { title: facts.title, author: `${facts.author} <${facts.email}>` });
  log(`commit ${commit.slice(0, 12)} "${facts.title}" by ${facts.author}`);
  const text = await world.sources.readFile(app, commit, PIPELINE_FILE, FILE_LIMIT_BYTES);
  if (text === undefined) return propose(context, world);
  const paths = new Set(await world.sources.listFiles(app, commit, 100_000));
  const spec = check(context, text.toString('utf8'), await engine.users.isSolo(), (path) => paths.has(path));
  if (spec.app !== app) {
    throw new StepFailure(
      'user',
      `${PIPELINE_FILE} says app: ${spec.app}, but it was pushed to ${app}`,
      `write app: ${app}`,
    );
  }
  const verdict = wantsRef(spec, ref);
  if (!verdict.wanted) return { end: 'ignored', reason: verdict.reason };
  const plan = planPipeline(spec);
  log(`plan: ${plan.steps.map((s) => s.name).join(' → ')}`);
  return { end: 'planned', plan };
}

function check(
  context: StepContext<'plan'>,
  text: string,
  solo: boolean,
  files: (path: string) => boolean,
): PipelineSpec {
  const checked = checkPipeline(text, { file: PIPELINE_FILE, solo, files });
  for (const problem of checked.problems.filter((p) => p.severity === 'warning')) context.log(problemLine(problem));
  if (checked.ok) return checked.spec;
  throw refused(
    context,
    checked.problems.filter((p) => p.severity === 'error'),
  );
}

function refused(context: StepContext<'plan'>, problems: readonly Problem[]): StepFailure {
  for (const problem of problems) context.log(problemLine(problem));
  const first = problems[0];
  const more = problems.length > 1 ? ` and ${problems.length - 1} more` : '';
  const message = first === undefined ? `${PIPELINE_FILE} was refused` : `${problemLine(first)}${more}`;
  return new StepFailure('user', message, 'check it before a push with: gantry lint');
}

/** A push without a pipeline is accepted: the run says so, and prints the file that would make it one. */
async function propose(context: StepContext<'plan'>, world: World): Promise<StepResult> {
  const { lease, log } = context;
  const paths = await world.sources.listFiles(lease.app.name, lease.run.commit, 10_000);
  const files = await Promise.all(
    paths.map(async (path) => {
      if (!TELLING.includes(path)) return { path };
      const bytes = await world.sources.readFile(lease.app.name, lease.run.commit, path, FILE_LIMIT_BYTES);
      return bytes === undefined ? { path } : { path, text: bytes.toString('utf8') };
    }),
  );
  const proposal = proposePipeline(files, lease.app.name);
  log(`there is no ${PIPELINE_FILE} at this commit. ${proposal.why.join(' ')}`);
  log(`a proposal, the same that "gantry init" writes:`);
  log(`---8<--- ${PIPELINE_FILE}`);
  for (const line of proposal.text.trimEnd().split('\n')) log(line);
  log('--->8---');
  return { end: 'ignored', reason: `there is no ${PIPELINE_FILE}; write it with: gantry init` };
}
