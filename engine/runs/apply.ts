import { type AuditEntry, recordAudit } from '../audit/record';
import { type Told, writeEvents } from '../events/emit';
import type { RunId } from '../model/ids';
import { isFinalRun } from '../model/states';
import { type Decision, decide, type RunEvent } from '../model/transition';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { demandHolder } from '../steps/fence';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import { tellFollowers } from '../triggers/tell-followers';
import { arrivals, leavePlaces } from './places';
import { type RunAtHand, type RunRow, readRun, type StepAtHand, viewOf } from './run-at-hand';
import { appendSteps, changeSteps, type Extras, type Move } from './write-steps';

export type { RunRow, StepRow } from './run-at-hand';

export interface Applied {
  /** As it is now. */
  run: RunAtHand['row'];
  /** The name of its app. */
  app: string;
  state: RunRow['state'];
  /** Ring these after the commit. */
  hints: Hint[];
  /** With these it now stands in line at places where only one run at a time may be. */
  arrived: StepAtHand[];
}

/**
 * The one door to the state of a run and its steps: reads, decides, writes, tells, records. In one transaction.
 */
export function applyEvent(
  parts: EngineParts,
  tx: Tx,
  runId: RunId,
  event: RunEvent,
  actor: Actor,
  extras: Extras = {},
): Promise<Applied> {
  return applyEvents(parts, tx, runId, [{ event, extras }], actor);
}

/** The same for several events of one run, in this order; what is read is read once. @throws LeaseLostError */
export async function applyEvents(
  parts: EngineParts,
  tx: Tx,
  runId: RunId,
  moves: readonly Move[],
  actor: Actor,
): Promise<Applied> {
  const first = await readRun(tx, runId);
  const hints: Hint[] = [];
  const arrived: StepAtHand[] = [];
  const told: Told[] = [];
  const entries: AuditEntry[] = [];
  let run = first;
  for (const move of moves) {
    demandHeld(run, move);
    const decision = decide(viewOf(run), move.event);
    told.push(...toldOf(run.row, decision));
    entries.push(auditOf(run, decision, move.event, actor));
    run = await writeMove(parts, tx, run, decision, move);
    await leavePlaces(tx, run, decision);
    if (move.event.type === 'succeeded') await tellFollowers(parts, tx, run, move.event.step);
    const ready = readyIn(decision);
    hints.push(...hintsOf(run.steps, ready));
    arrived.push(...arrivals(run.steps, ready));
  }
  const { id, app_id: app, next_event } = first.row;
  await writeEvents(parts, tx, { app, run: id, first: next_event }, told);
  const row = await writeChanged(tx, run.row, told.length);
  await recordAudit(parts, tx, entries);
  return { run: row, app: run.app, state: row.state, hints, arrived };
}

function demandHeld({ steps }: RunAtHand, { holder }: Move): void {
  if (holder === undefined) return;
  const step = steps.find(({ id }) => id === holder.stepId);
  demandHolder(step, holder);
}

/** What one event changes in the steps, and in the run: its own row is written once, after the last event. */
async function writeMove(
  parts: EngineParts,
  tx: Tx,
  run: RunAtHand,
  decision: Decision,
  move: Move,
): Promise<RunAtHand> {
  const changed = await changeSteps(parts, tx, run.steps, decision, move);
  const added = await appendSteps(parts, tx, run, decision, move.extras);
  if (move.extras.plan !== undefined) await writePlan(tx, { id: run.row.id, ...move.extras.plan });
  return { ...run, row: changedRow(run.row, decision, parts.clock.now()), steps: [...changed, ...added] };
}

type Changed = Pick<
  RunRow,
  'id' | 'state' | 'ends_as' | 'reason' | 'started_at' | 'ended_at' | 'holds_rollout' | 'next_event'
>;
const writeRun = statement<Changed, unknown>((db, argument) =>
  db
    .updateTable('runs')
    .set({
      state: argument('state'),
      ends_as: argument('ends_as'),
      reason: argument('reason'),
      started_at: argument('started_at'),
      ended_at: argument('ended_at'),
      holds_rollout: argument('holds_rollout'),
      next_event: argument('next_event'),
    })
    .where('id', '=', argument('id')),
);
const writePlan = statement<{ id: RunId; json: string; hash: string }, unknown>((db, argument) =>
  db
    .updateTable('runs')
    .set({ plan: argument('json'), pipeline_hash: argument('hash') })
    .where('id', '=', argument('id')),
);
const voidApprovals = statement<{ run: RunId }, unknown>((db, argument) =>
  db
    .updateTable('approvals')
    .set({ state: 'voided', why: 'its run ended' })
    .where('run_id', '=', argument('run'))
    .where('state', 'in', ['requested', 'granted']),
);

function changedRow(
  run: RunAtHand['row'],
  { run: { state, endsAs, reason } }: Decision,
  now: number,
): RunAtHand['row'] {
  return {
    ...run,
    state,
    ends_as: endsAs,
    reason,
    started_at: run.started_at ?? (state === 'queued' ? null : now),
    ...(isFinalRun(state) ? { ended_at: now, holds_rollout: 0 } : {}),
  };
}

async function writeChanged(tx: Tx, run: RunAtHand['row'], events: number): Promise<RunAtHand['row']> {
  const row = { ...run, next_event: run.next_event + events };
  await writeRun(tx, row);
  if (isFinalRun(row.state)) await voidApprovals(tx, { run: row.id });
  return row;
}

function toldOf(run: RunAtHand['row'], decision: Decision): Told[] {
  const told: Told[] = [...decision.steps, ...decision.append].map((step) => {
    const reason = 'reason' in step ? step.reason : undefined;
    return { type: 'step', data: { step: step.name, state: step.state, reason } };
  });
  const { state, reason } = decision.run;
  if (state !== run.state) told.push({ type: 'run', data: { state, reason } });
  return told;
}

function auditOf(run: RunAtHand, decision: Decision, event: RunEvent, actor: Actor): AuditEntry {
  return {
    chain: run.app,
    actor,
    action: `run.${event.type}`,
    object: `${run.app}#${run.row.number}${'step' in event ? `/${event.step}` : ''}`,
    detail: { run: decision.run, steps: decision.steps, append: decision.append.map((step) => step.name) },
  };
}

const readyIn = ({ steps, append }: Decision): Set<string> =>
  new Set([...steps, ...append].filter((s) => s.state === 'ready').map((s) => s.name));

function hintsOf(steps: readonly StepAtHand[], ready: ReadonlySet<string>): Hint[] {
  return steps.filter((step) => ready.has(step.name)).map((step) => ({ stepId: step.id, epoch: step.epoch }));
}

/** Rings for each hint; never fails, since runners look into SQL as well. */
export async function ringAll(parts: EngineParts, hints: readonly Hint[]): Promise<void> {
  await Promise.all(hints.map((hint) => parts.bell.ring(hint)));
}
