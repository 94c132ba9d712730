import { StepFailure } from '../../engine/model/errors';
import type { RunId } from '../../engine/model/ids';
import { requestOf } from '../../engine/model/ref-name';
import { Turns } from '../../engine/model/turns';
import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import { describeRun } from '../../engine/runs/describe';
import type { Kin } from '../../engine/runs/kin';
import { checkPipeline, problemLine } from '../../pipelines/check';
import { givenProblem, onlyTested, planPipeline } from '../../pipelines/plan';
import { isTextWanted, proposePipeline } from '../../pipelines/propose';
import type { Given, PipelineSpec, Problem } from '../../pipelines/types';
import type { World } from '../world';
import { type AppSources, appSources } from './app-sources';
import { awaitExtras, tellLeftOut } from './extras';
import { reasonToIgnore } from './ignored';
import { prepareApprovals } from './prepare-approvals';
import { parseOnce } from './recent-pipelines';

export const PIPELINE_FILE = 'gantry.yml';
const FILE_LIMIT_BYTES = 256 * 1024;
/**
 * A plan is work for the processor. Of a hundred that begin at once each would take as long as all of them, and every run
 * would wait for the last one. Enough that they share commits, and fewer than the commits that are kept open
 * (workspace/sources.ts).
 */
const PLANS_AT_ONCE = 12;

/** Reads the pipeline at the commit, without a checkout, and stores what the run will do. */
export function planStep(world: World): StepKind<'plan'> {
  const turns = new Turns(PLANS_AT_ONCE);
  return {
    kind: 'plan',
    run: async (context) => {
      const { given, pipeline } = context.spec;
      if (given !== undefined) return turns.take(() => planGiven(context, world, given, pipeline));
      await awaitExtras(context, world);
      return turns.take(() => makePlan(context, world));
    },
    inspect: async () => ({ found: 'nothing' }), // reading changes nothing
    undo: async () => ({ end: 'succeeded', output: null }),
  };
}

async function makePlan(context: StepContext<'plan'>, world: World): Promise<StepResult> {
  const { lease, log, engine } = context;
  const app = lease.app.name;
  const { commit } = lease.run;
  const sources = await appSources(context, world);
  const told = await sources.facts();
  await describeRun(engine.parts, lease, { title: told.title, author: `${told.author} <${told.email}>` });
  log(`commit ${commit.slice(0, 12)} "${told.title}" by ${told.author}`);
  await tellLeftOut(context, sources);
  const file = sources.inRepository(PIPELINE_FILE);
  const text = await sources.readFile(PIPELINE_FILE, FILE_LIMIT_BYTES);
  if (text === undefined) return propose(context, sources);
  const paths = new Set(await sources.listFiles(100_000));
  const facts = { file, solo: await engine.users.isSolo(), files: (path: string) => paths.has(path) };
  const spec = check(context, text.toString('utf8'), facts);
  demandApp(spec, app, file);
  const reason = await reasonToIgnore(context, sources, spec, told.message);
  if (reason !== undefined) return { end: 'ignored', reason };
  const plan = planPipeline(requestOf(lease.run.ref) === undefined ? spec : onlyTested(spec));
  await engine.secrets.checkPlan(lease, plan);
  await prepareApprovals(context, plan, sources);
  log(`plan: ${plan.steps.map((s) => s.name).join(' → ')}`);
  return { end: 'planned', plan, kin: await kinOf(context, sources) };
}

/**
 * Pushes of one ref can reach Gantry in another order than Git took them. A commit is older than one that was made from
 * it, whichever came first, unless its push moved the ref back on purpose.
 */
async function kinOf({ lease, engine }: StepContext<'plan'>, { comesFrom }: AppSources): Promise<Kin> {
  const { movedFrom, relatives } = await engine.runs.relatives(lease);
  const { commit } = lease.run;
  const isOlder = async (late: string, lateFrom: string, early: string): Promise<boolean> =>
    (await comesFrom(early, late)) && !(await comesFrom(lateFrom, late));
  const newer: RunId[] = [];
  const older: RunId[] = [];
  for (const relative of relatives) {
    if (relative.later) {
      if (await isOlder(relative.commit, relative.movedFrom, commit)) older.push(relative.id);
    } else if (movedFrom !== null && (await isOlder(commit, movedFrom, relative.commit))) newer.push(relative.id);
  }
  return { newer, older };
}

/** The plan of a release that is not built: everything after `seal` is as the pipeline says. */
async function planGiven(
  context: StepContext<'plan'>,
  world: World,
  given: Given,
  pipeline: string | undefined,
): Promise<StepResult> {
  const { lease, log, engine } = context;
  const solo = await engine.users.isSolo();
  const { file, text } = pipeline === undefined ? await pipelineAt(context, world) : { file: GIVEN, text: pipeline };
  // Nothing is built, so nobody needs the files that it may name for a build.
  const spec = check(context, text, { file, solo, files: () => true });
  demandApp(spec, lease.app.name, file);
  const problem = givenProblem(spec, given);
  if (problem !== null) throw new StepFailure('user', problem, 'give a pipeline that suits it: --pipeline FILE');
  const plan = planPipeline(spec, given);
  await engine.secrets.checkPlan(lease, plan);
  await prepareApprovals(context, plan);
  log(`plan: ${plan.steps.map((s) => s.name).join(' → ')}`);
  return { end: 'planned', plan };
}

/** How a pipeline is called that is no file of a commit. */
const GIVEN = 'the pipeline that was given';

async function pipelineAt(context: StepContext<'plan'>, world: World): Promise<{ file: string; text: string }> {
  const sources = await appSources(context, world);
  const file = sources.inRepository(PIPELINE_FILE);
  const text = await sources.readFile(PIPELINE_FILE, FILE_LIMIT_BYTES);
  const { commit, ref } = context.lease.run;
  if (text === undefined) {
    const message = `there is no ${file} at ${commit.slice(0, 12)}, the head of ${ref}`;
    throw new StepFailure('user', message, 'give one: --pipeline FILE');
  }
  context.log(`${file} of commit ${commit.slice(0, 12)}`);
  return { file, text: text.toString('utf8') };
}

function demandApp(spec: PipelineSpec, app: string, file: string): void {
  if (spec.app === app) return;
  throw new StepFailure('user', `${file} says app: ${spec.app}, but it is for ${app}`, `write app: ${app}`);
}

/** What the pipeline is checked against. */
interface CheckFacts {
  /** How people find it: its path in the repository. */
  file: string;
  solo: boolean;
  files: (path: string) => boolean;
}

function check(context: StepContext<'plan'>, text: string, facts: CheckFacts): PipelineSpec {
  const checked = checkPipeline(text, facts, parseOnce);
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
  const message = first === undefined ? 'the pipeline was refused' : `${problemLine(first)}${more}`;
  return new StepFailure('user', message, 'check it before a push with: gantry lint');
}

/** A push without a pipeline is accepted: the run says so, and prints the file that would make it one. */
async function propose({ lease, log }: StepContext<'plan'>, sources: AppSources): Promise<StepResult> {
  const paths = await sources.listFiles(10_000);
  const files = await Promise.all(
    paths.map(async (path) => {
      const bytes = isTextWanted(path) ? await sources.readFile(path, FILE_LIMIT_BYTES) : undefined;
      return bytes === undefined ? { path } : { path, text: bytes.toString('utf8') };
    }),
  );
  const { why, text, dockerfile } = proposePipeline(files, lease.app.name);
  const file = sources.inRepository(PIPELINE_FILE);
  log(`there is no ${file} at this commit. ${why.join(' ')}`);
  log(`a proposal, the same that "gantry init" writes:`);
  show(log, file, text);
  if (dockerfile !== null) show(log, sources.inRepository(dockerfile.path), dockerfile.text);
  return { end: 'ignored', reason: `there is no ${file}; write it with: gantry init` };
}

function show(log: (line: string) => void, file: string, text: string): void {
  log(`---8<--- ${file}`);
  for (const line of text.trimEnd().split('\n')) log(line);
  log('--->8---');
}
