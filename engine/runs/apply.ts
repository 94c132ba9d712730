import type { PlannedStep } from '../../pipelines/types';
import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { newId, type RunId, type StepId } from '../model/ids';
import { isFinalRun, isFinalStep, type StepState } from '../model/states';
import { type Decision, decide, type RunEvent, type RunView, type StepView } from '../model/transition';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';

export type RunRow = Tables['runs'];
export type StepRow = Tables['steps'];

export interface Applied {
  run: RunRow;
  state: RunRow['state'];
  /** Ring these after the commit. */
  hints: Hint[];
}

/** What the pure decision does not carry: the fields of steps that come with a plan, and of the one that ended. */
export interface Extras {
  planned?: readonly PlannedStep[];
  plan?: { json: string; hash: string };
  output?: string;
  /** Delay before a returned step may be taken again, ms. */
  delayMs?: number;
}

/**
 * The one door to the state of a run and its steps: reads, decides, writes, tells, records. In one transaction.
 */
export async function applyEvent(
  parts: EngineParts,
  tx: Tx,
  runId: RunId,
  event: RunEvent,
  actor: Actor,
  extras: Extras = {},
): Promise<Applied> {
  const run = await tx.selectFrom('runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
  const rows = await tx.selectFrom('steps').selectAll().where('run_id', '=', runId).orderBy('position').execute();
  const decision = decide(view(run, rows), event);
  await writeSteps(parts, tx, rows, decision, extras, event);
  const hints = await append(parts, tx, run, rows, decision, extras);
  await writeRun(parts, tx, run, decision, extras);
  await tell(parts, tx, run, decision);
  const app = await tx.selectFrom('apps').select('name').where('id', '=', run.app_id).executeTakeFirstOrThrow();
  await recordAudit(parts, tx, {
    chain: app.name,
    actor,
    action: `run.${event.type}`,
    object: `${app.name}#${run.number}${'step' in event ? `/${event.step}` : ''}`,
    detail: { run: decision.run, steps: decision.steps, append: decision.append.map((s) => s.name) },
  });
  return { run, state: decision.run.state, hints: [...readyHints(rows, decision), ...hints] };
}

function view(run: RunRow, rows: readonly StepRow[]): RunView {
  return { state: run.state, endsAs: run.ends_as, reason: run.reason, steps: rows.map(stepView) };
}

const stepView = (row: StepRow): StepView => ({
  name: row.name,
  kind: row.kind,
  role: row.role,
  verb: row.verb,
  undoes: row.undoes,
  needs: JSON.parse(row.needs) as string[],
  state: row.state,
});

async function writeSteps(
  parts: EngineParts,
  tx: Tx,
  rows: readonly StepRow[],
  decision: Decision,
  extras: Extras,
  event: RunEvent,
): Promise<void> {
  const now = parts.clock.now();
  for (const change of decision.steps) {
    const row = rows.find((r) => r.name === change.name);
    if (row === undefined) continue;
    const ended = 'step' in event && event.step === change.name;
    await tx
      .updateTable('steps')
      .set({
        state: change.state,
        // What a step waited for is no longer true once it succeeded.
        ...(change.reason === undefined
          ? change.state === 'succeeded'
            ? { reason: '' }
            : {}
          : { reason: change.reason }),
        ...times(row, change.state, now, extras.delayMs ?? 0),
        ...(ended && extras.output !== undefined ? { output: extras.output } : {}),
      })
      .where('id', '=', row.id)
      .execute();
  }
  for (const name of decision.abort) {
    const row = rows.find((r) => r.name === name);
    if (row !== undefined) await tx.updateTable('steps').set({ abort_requested: 1 }).where('id', '=', row.id).execute();
  }
}

function times(row: StepRow, state: StepState, now: number, delayMs: number): Partial<StepRow> {
  if (state === 'ready')
    return { ready_at: row.ready_at ?? now, not_before: now + delayMs, owner: null, lease_until: null };
  if (state === 'running') return { started_at: row.started_at ?? now };
  if (isFinalStep(state)) return { ended_at: row.ended_at ?? now, owner: null, lease_until: null };
  return { owner: null, lease_until: null };
}

/** New rows for planned steps and for undo steps; an undo takes its spec from the step that it takes back. */
async function append(
  parts: EngineParts,
  tx: Tx,
  run: RunRow,
  rows: readonly StepRow[],
  decision: Decision,
  extras: Extras,
): Promise<Hint[]> {
  const hints: Hint[] = [];
  const now = parts.clock.now();
  let position = rows.length;
  for (const step of decision.append) {
    const planned = extras.planned?.find((p) => p.name === step.name);
    const undone = rows.find((r) => r.name === step.undoes);
    const id = newId<StepId>(parts.clock, parts.random);
    await tx
      .insertInto('steps')
      .values({
        ...newStep(id, run, step, position++),
        stage: planned?.stage ?? undone?.stage ?? '',
        spec: planned === undefined ? (undone?.spec ?? '{}') : JSON.stringify(planned.spec),
        timeout_ms: planned?.timeout ?? undone?.timeout_ms ?? 600_000,
        ready_at: step.state === 'ready' ? now : null,
      })
      .execute();
    if (step.state === 'ready') hints.push({ stepId: id, epoch: 0 });
  }
  return hints;
}

/** A step row with everything at its beginning. */
export function newStep(id: StepId, run: RunRow, step: StepView, position: number): StepRow {
  return {
    id,
    run_id: run.id,
    app_id: run.app_id,
    position,
    name: step.name,
    kind: step.kind,
    stage: '',
    role: step.role,
    verb: step.verb,
    undoes: step.undoes,
    needs: JSON.stringify(step.needs),
    spec: '{}',
    timeout_ms: 600_000,
    state: step.state,
    reason: '',
    output: null,
    epoch: 0,
    owner: null,
    lease_until: null,
    attempt: 0,
    not_before: 0,
    abort_requested: 0,
    ready_at: null,
    started_at: null,
    ended_at: null,
  };
}

async function writeRun(parts: EngineParts, tx: Tx, run: RunRow, decision: Decision, extras: Extras): Promise<void> {
  const now = parts.clock.now();
  const final = isFinalRun(decision.run.state);
  await tx
    .updateTable('runs')
    .set({
      state: decision.run.state,
      ends_as: decision.run.endsAs,
      reason: decision.run.reason,
      started_at: run.started_at ?? (decision.run.state === 'queued' ? null : now),
      ...(final ? { ended_at: now, holds_rollout: 0 } : {}),
      ...(extras.plan === undefined ? {} : { plan: extras.plan.json, pipeline_hash: extras.plan.hash }),
    })
    .where('id', '=', run.id)
    .execute();
  if (final) {
    await tx
      .updateTable('approvals')
      .set({ state: 'voided' })
      .where('run_id', '=', run.id)
      .where('state', '=', 'requested')
      .execute();
  }
}

async function tell(parts: EngineParts, tx: Tx, run: RunRow, decision: Decision): Promise<void> {
  for (const step of [...decision.steps, ...decision.append]) {
    const reason = 'reason' in step ? step.reason : undefined;
    await emit(parts, tx, {
      app: run.app_id,
      run: run.id,
      type: 'step',
      data: { step: step.name, state: step.state, reason },
    });
  }
  if (decision.run.state !== run.state) {
    await emit(parts, tx, {
      app: run.app_id,
      run: run.id,
      type: 'run',
      data: { state: decision.run.state, reason: decision.run.reason },
    });
  }
}

function readyHints(rows: readonly StepRow[], decision: Decision): Hint[] {
  return decision.steps
    .filter((s) => s.state === 'ready')
    .flatMap((s) => rows.filter((r) => r.name === s.name).map((r) => ({ stepId: r.id, epoch: r.epoch })));
}

/** Rings for each hint; never fails, since runners look into SQL as well. */
export async function ringAll(parts: EngineParts, hints: readonly Hint[]): Promise<void> {
  await Promise.all(hints.map((hint) => parts.bell.ring(hint)));
}
