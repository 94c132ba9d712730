import { sql } from 'kysely';
import type { PlannedStep } from '../../pipelines/types';
import { newId, type StepId } from '../model/ids';
import { isFinalStep, type StepState } from '../model/states';
import type { Decision, RunEvent, StepView } from '../model/transition';
import type { EngineParts } from '../parts';
import type { StepLease } from '../steps/lease';
import { NO_TURN, type Turn } from '../steps/turn';
import { insertInto, statement } from '../store/statement';
import { databaseNow, type Tx } from '../store/store';
import type { RunAtHand, RunRow, StepAtHand, StepRow } from './run-at-hand';

/** What the pure decision does not carry: the fields of steps that come with a plan, and of the one that ended. */
export interface Extras {
  planned?: readonly (PlannedStep & { turn: Turn })[];
  plan?: { json: string; hash: string };
  output?: string;
  /** JSON of `StepFailureNote`, for a step that failed. */
  failure?: string;
  /** It is tried again after this, ms, and that counts; a lease that was given back does not. */
  retryAfterMs?: number;
}

/** Something that happens to a run. */
export interface Move {
  event: RunEvent;
  extras: Extras;
  /** Who says so for a step; refused with an old lease. */
  holder?: Pick<StepLease, 'stepId' | 'epoch'>;
}

export const insertSteps = insertInto('steps');

/** What changes in a step's row. Null stands for "as it was". */
interface Changes {
  id: StepId;
  state: StepState;
  reason: string | null;
  /** Not to be taken before this has passed by the database's clock, ms: a runner's own may be wrong. */
  waits: number | null;
  output: string | null;
  failure: string | null;
  /** Times that are set once: the first time that a step was ready, began or ended stays. */
  ready: number | null;
  begun: number | null;
  ended: number | null;
  /** 1: it is tried once more. */
  retried: 0 | 1;
  /** 1: whoever has the lease keeps it; 0: nobody has it any more. */
  held: 0 | 1;
}

const writeStep = statement<Changes, unknown>((db, argument) =>
  db
    .updateTable('steps')
    .set((e) => ({
      state: argument('state'),
      reason: e.fn.coalesce(e.val(argument('reason')), 'reason'),
      not_before: e.fn.coalesce(sql<number>`${databaseNow} + ${argument('waits')}`, 'not_before'),
      output: e.fn.coalesce(e.val(argument('output')), 'output'),
      failure: e.fn.coalesce(e.val(argument('failure')), 'failure'),
      ready_at: e.fn.coalesce('ready_at', e.val(argument('ready'))),
      started_at: e.fn.coalesce('started_at', e.val(argument('begun'))),
      ended_at: e.fn.coalesce('ended_at', e.val(argument('ended'))),
      retries: e('retries', '+', e.val(argument('retried'))),
      owner: e
        .case()
        .when(e.val(argument('held')), '=', 1)
        .then(e.ref('owner'))
        .end(),
      lease_until: e
        .case()
        .when(e.val(argument('held')), '=', 1)
        .then(e.ref('lease_until'))
        .end(),
    }))
    .where('id', '=', argument('id')),
);
const requestAbort = statement<{ id: StepId }, unknown>((db, argument) =>
  db.updateTable('steps').set({ abort_requested: 1 }).where('id', '=', argument('id')),
);
const specOf = statement<{ run: RunRow['id']; name: string }, Pick<StepRow, 'stage' | 'spec' | 'timeout_ms' | 'pool'>>(
  (db, argument) =>
    db
      .selectFrom('steps')
      .select(['stage', 'spec', 'timeout_ms', 'pool'])
      .where('run_id', '=', argument('run'))
      .where('name', '=', argument('name')),
);

/** Writes what the decision changes. @returns the steps as they are now */
export async function changeSteps(
  parts: EngineParts,
  tx: Tx,
  steps: readonly StepAtHand[],
  decision: Decision,
  { event, extras }: Move,
): Promise<StepAtHand[]> {
  const now = parts.clock.now();
  const changed = new Map(steps.map((step) => [step.name, step]));
  for (const { name, state, reason } of decision.steps) {
    const step = changed.get(name);
    if (step === undefined) continue;
    const left: Extras = 'step' in event && event.step === name ? extras : {};
    await writeStep(tx, {
      id: step.id,
      state,
      // What a step waited for is no longer true once it succeeded.
      reason: reason ?? (state === 'succeeded' ? '' : null),
      output: left.output ?? null,
      failure: left.failure ?? null,
      waits: state === 'ready' ? (extras.retryAfterMs ?? 0) : null,
      ready: state === 'ready' ? now : null,
      begun: state === 'running' ? now : null,
      ended: isFinalStep(state) ? now : null,
      retried: left.retryAfterMs === undefined ? 0 : 1,
      held: state === 'running' ? 1 : 0,
    });
    changed.set(name, { ...step, state });
  }
  for (const name of decision.abort) {
    const step = changed.get(name);
    if (step !== undefined) await requestAbort(tx, { id: step.id });
  }
  return [...changed.values()];
}

/** New rows for planned steps and for undo steps; an undo takes its spec from the step that it takes back. */
export async function appendSteps(
  parts: EngineParts,
  tx: Tx,
  run: RunAtHand,
  decision: Decision,
  extras: Extras,
): Promise<StepAtHand[]> {
  const now = parts.clock.now();
  const rows: StepRow[] = [];
  for (const step of decision.append) {
    const planned = extras.planned?.find((each) => each.name === step.name);
    const undone = step.undoes === null ? undefined : (await specOf(tx, { run: run.row.id, name: step.undoes }))[0];
    rows.push({
      ...newStep(newId<StepId>(parts.clock, parts.random), run.row, step, run.steps.length + rows.length),
      stage: planned?.stage ?? undone?.stage ?? '',
      spec: planned === undefined ? (undone?.spec ?? '{}') : JSON.stringify(planned.spec),
      timeout_ms: planned?.timeout ?? undone?.timeout_ms ?? 600_000,
      retry: planned?.retry === undefined ? null : JSON.stringify(planned.retry),
      // A way back waits for nobody; whoever reaches what was done can take it back.
      ...(planned?.turn ?? { ...NO_TURN, pool: undone?.pool ?? NO_TURN.pool }),
      ready_at: step.state === 'ready' ? now : null,
    });
  }
  await insertSteps(tx, rows);
  return decision.append.flatMap((step, index) => {
    const row = rows[index];
    return row === undefined ? [] : [{ ...step, id: row.id, epoch: row.epoch, place: row.place }];
  });
}

/** A step row with everything at its beginning. */
export function newStep(id: StepId, run: Pick<RunRow, 'id' | 'app_id'>, step: StepView, position: number): StepRow {
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
    failure: null,
    epoch: 0,
    owner: null,
    lease_until: null,
    attempt: 0,
    not_before: 0,
    abort_requested: 0,
    ...NO_TURN,
    retry: null,
    retries: 0,
    ready_at: null,
    started_at: null,
    ended_at: null,
  };
}
