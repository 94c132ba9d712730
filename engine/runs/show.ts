import { sql } from 'kysely';
import type { ParameterValues } from '../../pipelines/parameters';
import { type ApprovalShown, approvalsOf } from '../approvals/show';
import type { Json } from '../model/hash';
import type { StepState } from '../model/states';
import { untoldOf, untoldSentence } from '../outbox/untold';
import type { EngineParts } from '../parts';
import type { StepRow } from './apply';
import { readFacts } from './explain';
import { type FailureShown, failureOf } from './failure';
import { findRun } from './find';
import type { InLine } from './line';
import { causeText, parametersOf } from './parameters';
import { type RunSummary, toSummary } from './summary';
import { undoneSteps } from './undo-facts';
import { type WhyFacts, whyOf } from './why';

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
  /** More about that, a sentence each. */
  waitsDetail: string[];
  /** Number of the run that this one takes back; null for any other. */
  undoes: number | null;
  /** Number of the run whose plan this one walks once more; null for any other. */
  restarts: number | null;
  /** What it was started with, by name. */
  parameters: ParameterValues;
  /** Why it was started, where trigger and person do not say it; empty when they do. */
  cause: string;
  /** Hash of its release; empty before it was sealed. An approval is bound to it. */
  releaseHash: string;
  /** Why it failed: the error, the lines of the log that matter, what to try. Null when no step has failed. */
  failure: FailureShown | null;
  /** What its forge and channels were not told of it, a sentence each. */
  untold: string[];
}

/** @throws GantryError `app-unknown`, `run-unknown`. */
export async function showRun(parts: EngineParts, appName: string, number: number): Promise<RunShown> {
  const { app, row, steps, plan } = await findRun(parts, appName, number);
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
  const facts = await readFacts(parts, { app: app.name, run: row, steps, approvals });
  const why = whyOf(facts);
  return {
    ...toSummary(row, app.name, { release: release?.number ?? null, inLine: inLineOf(facts) }),
    steps: steps.map((step) => toShown(step, undone.get(step.name) ?? null)),
    stages: await stagesOf(parts, row.id),
    approvals,
    waitsFor: why.waits ? (why.sentences[0] ?? '') : '',
    waitsDetail: why.waits ? why.sentences.slice(1) : [],
    undoes: await numberOf(parts, row.undoes_run),
    restarts: await numberOf(parts, row.restarts_run),
    parameters: parametersOf(row),
    cause: causeText(row),
    releaseHash: release?.hash ?? '',
    failure: await failureOf(parts, { plan, steps }),
    untold: (await untoldOf(parts.store.read, app.name, row)).map(untoldSentence),
  };
}

function inLineOf({ line }: WhyFacts): InLine | null {
  if (line === null) return null;
  const { first: _first, ...inLine } = line;
  return inLine;
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

async function numberOf(parts: EngineParts, runId: string | null): Promise<number | null> {
  if (runId === null) return null;
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
