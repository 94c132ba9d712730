import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Decision, StepView } from '../model/transition';
import type { Actor, EngineParts } from '../parts';
import { turnOf } from '../steps/turn';
import type { Tx } from '../store/store';
import type { StepRow } from './apply';
import { ringAll } from './apply';
import { createRun } from './create';
import { findRun, type RunFound } from './find';
import { causeOf, parametersOf } from './parameters';
import { planRestart, type RestartPlan } from './plan-restart';
import { demandBytes, demandCredentials, demandEnded, demandNewest, nameOf } from './restartable';
import { FOLLOWS } from './rivals';
import { demandRoom } from './room';
import { readRun } from './run-at-hand';
import { appendSteps } from './write-steps';

export interface RestartWanted {
  app: string;
  run: number;
  /** Name of the first step to do once more; default: the first one that did not succeed. */
  from?: string;
  reason: string;
}

export interface RestartStarted {
  /** The new run. */
  run: number;
  /** Steps whose results it takes over, and those that it does. */
  taken: string[];
  anew: string[];
}

/**
 * Walks the plan of a run that ended badly once more, in a run of its own, from a step on: with the same commit, the
 * same plan, and what was built, by digest. Nothing is built that was built, and everybody is asked again.
 * @throws GantryError `app-unknown`, `run-unknown`, `restart-open`, `restart-done`, `restart-kind`, `restart-outdated`,
 *   `step-unknown`, `restart-bytes`, `restart-credentials`, `too-many-runs`.
 */
export async function restartRun(parts: EngineParts, wanted: RestartWanted, actor: Actor): Promise<RestartStarted> {
  const { run, ...started } = await parts.store.write(async (tx) => {
    const found = await findRun({ ...parts, store: { ...parts.store, read: tx } }, wanted.app, wanted.run);
    demandEnded(found);
    await demandNewest(tx, found);
    await demandRoom(parts, tx, found.app);
    const plan = restartPlan(found, wanted.from);
    demandCredentials(found, plan);
    await demandBytes(tx, found, plan);
    const created = await write(parts, tx, found, plan, { actor, reason: wanted.reason });
    return { run: created, number: created.row.number, ...plan };
  });
  await ringAll(parts, run.hints);
  return { run: started.number, taken: started.taken, anew: started.anew };
}

function restartPlan(found: RunFound, from: string | undefined): RestartPlan {
  const own = found.steps.filter(({ verb }) => verb === 'run');
  const planned = found.plan?.steps ?? [];
  const first = from ?? own.find(({ state }) => state !== 'succeeded')?.name ?? 'plan';
  if (!own.some(({ name }) => name === first)) {
    const steps = own.map(({ name }) => name).join(', ');
    throw new GantryError(
      'not-found',
      'step-unknown',
      `${nameOf(found)} has no step "${first}"`,
      `its steps are: ${steps}`,
    );
  }
  if (first === 'plan' || planned.length === 0) return { taken: [], anew: ['plan'] };
  return planRestart(planned, new Map(own.map(({ name, state }) => [name, state])), first);
}

async function write(
  parts: EngineParts,
  tx: Tx,
  found: RunFound,
  plan: RestartPlan,
  { actor, reason }: { actor: Actor; reason: string },
): ReturnType<typeof createRun> {
  const { row } = found;
  const isFromPlan = plan.anew.includes('plan');
  const [first] = found.steps;
  if (first === undefined) throw new Error(`${nameOf(found)} has no steps`);
  const { name, kind, role, stage, spec, timeout_ms: timeoutMs } = first;
  const run = await createRun(parts, tx, found.app, {
    trigger: FOLLOWS.includes(row.trigger) ? 'restart' : row.trigger,
    ref: row.ref,
    commit: row.commit,
    title: row.title,
    author: row.author,
    startedBy: actor,
    restartsRun: row.id,
    keepFailedMs: row.keep_failed_ms ?? undefined,
    parameters: row.parameters === null ? undefined : parametersOf(row),
    cause: causeOf(row) ?? undefined,
    steps: isFromPlan ? [{ name, kind, role, stage, verb: 'run', spec: JSON.parse(spec) as unknown, timeoutMs }] : [],
  });
  await recordAudit(parts, tx, {
    chain: found.app.name,
    actor,
    action: 'run.restart',
    object: nameOf(found),
    detail: { by: run.row.number, reason, ...plan },
  });
  if (isFromPlan) return run;
  return { ...run, hints: await writeSteps(parts, tx, found, run.row.id, plan) };
}

/** The steps of the plan: what is taken over has ended, and what needs nothing else may begin. */
async function writeSteps(
  parts: EngineParts,
  tx: Tx,
  { row, plan, steps }: RunFound,
  runId: RunFound['row']['id'],
  { taken }: RestartPlan,
) {
  if (plan === undefined) throw new Error('a run without a plan begins with it');
  await tx
    .updateTable('runs')
    .set({ plan: row.plan, pipeline_hash: row.pipeline_hash })
    .where('id', '=', runId)
    .execute();
  const own = steps.filter(({ verb }) => verb === 'run');
  const run = await readRun(tx, runId);
  const decision: Decision = {
    run: { state: 'queued', endsAs: null, reason: '' },
    steps: [],
    append: own.map((step) => viewOf(step, taken)),
    abort: [],
  };
  const planned = plan.steps.map((step) => ({ ...step, turn: turnOf(plan, step.stage, row.ref) }));
  const added = await appendSteps(parts, tx, run, decision, { planned });
  for (const { id, name } of added.filter((step) => taken.includes(step.name))) {
    const step = own.find((one) => one.name === name);
    if (step === undefined) continue;
    // The step that made the plan is not in it: whoever restarts this run from there needs what it was told.
    const { stage, spec, timeout_ms, output } = step;
    const taking = { output, reason: `taken over from run ${row.number}`, ended_at: parts.clock.now() };
    await tx
      .updateTable('steps')
      .set({ stage, spec, timeout_ms, ...taking })
      .where('id', '=', id)
      .execute();
  }
  return added.filter(({ state }) => state === 'ready').map(({ id, epoch }) => ({ stepId: id, epoch }));
}

function viewOf({ name, kind, role, needs }: StepRow, taken: readonly string[]): StepView {
  const before = JSON.parse(needs) as string[];
  const isReady = before.every((need) => taken.includes(need));
  const state = taken.includes(name) ? 'succeeded' : isReady ? 'ready' : 'pending';
  return { name, kind, role, verb: 'run', undoes: null, needs: before, state };
}
