import { sql } from 'kysely';
import { type ApprovalShown, approvalsOf } from '../approvals/show';
import type { Json } from '../model/hash';
import { isFinalRun, type StepState } from '../model/states';
import type { EngineParts } from '../parts';
import type { RunRow, StepRow } from './apply';
import { findRun } from './find';
import { type RunSummary, toSummary } from './summary';
import { undoneSteps } from './undo-facts';

export interface StepShown {
  id: string;
  name: string;
  kind: string;
  stage: string;
  verb: 'run' | 'undo';
  state: StepState;
  reason: string;
  attempt: number;
  startedAt: number | null;
  endedAt: number | null;
  output: Json;
  /** Number of the run that took it back later; null: none did. */
  undoneBy: number | null;
}

export interface StageShown {
  name: string;
  state: StepState;
  startedAt: number | null;
  endedAt: number | null;
}

/** A run with everything that people look at. */
export interface RunShown extends RunSummary {
  steps: StepShown[];
  stages: StageShown[];
  approvals: ApprovalShown[];
  /** What it waits for, one sentence; empty when it waits for nothing. */
  waitsFor: string;
  /** Number of the run that this one takes back; null for any other. */
  undoes: number | null;
  /** Hash of its release; empty before it was sealed. An approval is bound to it. */
  releaseHash: string;
}

/** @throws GantryError `app-unknown`, `run-unknown`. */
export async function showRun(parts: EngineParts, appName: string, number: number): Promise<RunShown> {
  const { app, row, steps } = await findRun(parts, appName, number);
  const release =
    row.release_id === null
      ? undefined
      : await parts.store.read
          .selectFrom('releases')
          .select(['number', 'hash'])
          .where('id', '=', row.release_id)
          .executeTakeFirst();
  const approvals = await approvalsOf(parts, row.id);
  const undone = await undoneSteps(parts, row.id);
  return {
    ...toSummary(row, app.name, release?.number ?? null),
    steps: steps.map((step) => toShown(step, undone.get(step.name) ?? null)),
    stages: await stagesOf(parts, row.id),
    approvals,
    waitsFor: await waitsFor(parts, row, steps, approvals),
    undoes: row.undoes_run === null ? null : await numberOf(parts, row.undoes_run),
    releaseHash: release?.hash ?? '',
  };
}

const toShown = (row: StepRow, undoneBy: number | null): StepShown => ({
  id: row.id,
  name: row.name,
  kind: row.kind,
  stage: row.stage,
  verb: row.verb,
  state: row.state,
  reason: row.reason,
  attempt: row.attempt,
  startedAt: row.started_at,
  endedAt: row.ended_at,
  output: row.output === null ? null : (JSON.parse(row.output) as Json),
  undoneBy,
});

async function numberOf(parts: EngineParts, runId: string): Promise<number | null> {
  const row = await parts.store.read
    .selectFrom('runs')
    .select('number')
    .where('id', '=', runId as never)
    .executeTakeFirst();
  return row?.number ?? null;
}

async function stagesOf(parts: EngineParts, runId: string): Promise<StageShown[]> {
  const found = await sql<{ name: string; state: StepState; started_at: number | null; ended_at: number | null }>`
    select name, state, started_at, ended_at from stages where run_id = ${runId} order by position`.execute(
    parts.store.read,
  );
  return found.rows.map((row) => ({
    name: row.name,
    state: row.state,
    startedAt: row.started_at,
    // A stage has ended when no step of it can move any more.
    endedAt: ['succeeded', 'failed', 'cancelled'].includes(row.state) ? row.ended_at : null,
  }));
}

/** People first; then the other run that holds gray and production; then a runner. */
async function waitsFor(
  parts: EngineParts,
  run: RunRow,
  steps: readonly StepRow[],
  approvals: readonly ApprovalShown[],
): Promise<string> {
  if (isFinalRun(run.state)) return '';
  const gate = approvals.find((a) => a.state === 'requested');
  if (gate !== undefined) {
    const missing = gate.count - gate.votes.filter((v) => v.vote === 'yes').length;
    return `${gate.step} waits for ${missing === 1 ? 'one person' : `${missing} people`} (${gate.role}) to approve`;
  }
  if (steps.some((s) => s.state === 'running')) return '';
  const ready = steps.find((s) => s.state === 'ready');
  if (ready === undefined) return '';
  const holder = await otherRollout(parts, run);
  if (['gray', 'production'].includes(ready.role) && run.priority === 0 && holder !== undefined) {
    return `${ready.name} waits until run ${holder} is through with gray and production`;
  }
  return ready.attempt > 0 ? `${ready.name} waits to be tried again` : `${ready.name} waits for a runner`;
}

async function otherRollout(parts: EngineParts, run: RunRow): Promise<number | undefined> {
  const row = await parts.store.read
    .selectFrom('runs')
    .select('number')
    .where('app_id', '=', run.app_id)
    .where('id', '!=', run.id)
    .where('holds_rollout', '=', 1)
    .executeTakeFirst();
  return row?.number;
}
