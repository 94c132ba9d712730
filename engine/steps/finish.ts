import type { Plan, StageSpec } from '../../pipelines/types';
import { requestApproval } from '../approvals/request';
import { useApprovals } from '../approvals/use';
import type { FailureEnd, Fault } from '../model/errors';
import { canonical, type Json } from '../model/hash';
import type { InstanceEnd, StepFailureNote } from '../model/instance-end';
import type { RunEvent, StepView } from '../model/transition';
import type { EngineParts } from '../parts';
import type { StepResult } from '../ports/step-kind';
import { type Applied, applyEvents, ringAll } from '../runs/apply';
import { inOrder } from '../runs/supersede';
import type { Extras } from '../runs/write-steps';
import { JoinedWrites } from '../store/joined-writes';
import type { Tx } from '../store/store';
import type { StepLease } from './lease';
import { retryAfter } from './retry';
import { turnOf } from './turn';

export type StepEnd =
  | StepResult
  | {
      end: 'failed';
      fault: Fault;
      ended?: FailureEnd | undefined;
      reason: string;
      next: string;
      instance?: InstanceEnd | undefined;
    }
  /** The runner is going down, or the lease was given back: somebody else may go on. */
  | { end: 'returned' };

/**
 * Writes how a step ended, its audit entry and the next ready steps, in one transaction; then rings.
 * @throws LeaseLostError when the epoch is old: nothing is written.
 */
export async function finishStep(parts: EngineParts, lease: StepLease, end: StepEnd): Promise<Applied> {
  const applied = isPlain(lease, end)
    ? await plainEndsOf(parts).write(`${lease.owner} ${lease.run.id}`, { lease, end })
    : await parts.store.write((tx) => endStep(parts, tx, lease, end));
  await parts.probe('step-ended', { step: lease.name, epoch: lease.epoch });
  await ringAll(parts, applied.hints);
  return applied;
}

async function endStep(parts: EngineParts, tx: Tx, lease: StepLease, end: StepEnd): Promise<Applied> {
  const { event, extras } = toEvent(lease, end);
  if (event.type === 'succeeded') {
    const askedAgain = await useApprovals(parts, tx, lease);
    if (askedAgain !== undefined) return askedAgain;
  }
  const moves = [{ event, extras, holder: lease }];
  const written = await applyEvents(parts, tx, lease.run.id, moves, `runner:${lease.owner}`);
  const asks = event.type === 'waits' && lease.kind === 'approve' && written.run.ended_at === null;
  if (asks && written.run.ends_as === null) await requestApproval(parts, tx, lease);
  const kin = end.end === 'planned' ? end.kin : undefined;
  return inOrder(parts, tx, written, { event, step: lease, kin });
}

interface PlainEnd {
  lease: StepLease;
  end: StepEnd;
}

/** Nothing follows from it but that the steps behind it are ready: several of one run can end as one. */
const isPlain = ({ kind, role, verb }: StepLease, { end }: StepEnd): boolean =>
  end === 'succeeded' && kind === 'command' && role === 'build' && verb === 'run';

const plainEnds = new WeakMap<EngineParts, JoinedWrites<PlainEnd, Applied>>();

function plainEndsOf(parts: EngineParts): JoinedWrites<PlainEnd, Applied> {
  const known = plainEnds.get(parts);
  if (known !== undefined) return known;
  const made = new JoinedWrites(parts.store, (tx, ends: readonly [PlainEnd, ...PlainEnd[]]) =>
    endPlainly(parts, tx, ends),
  );
  plainEnds.set(parts, made);
  return made;
}

/** Steps of one run that one runner has. @throws LeaseLostError when the epoch of one is old */
async function endPlainly(parts: EngineParts, tx: Tx, ends: readonly [PlainEnd, ...PlainEnd[]]): Promise<Applied> {
  const [{ lease }] = ends;
  const moves = ends.map((one) => ({ ...toEvent(one.lease, one.end), holder: one.lease }));
  const applied = await applyEvents(parts, tx, lease.run.id, moves, `runner:${lease.owner}`);
  return inOrder(parts, tx, applied, { event: { type: 'succeeded', step: lease.name }, step: lease });
}

function toEvent(lease: StepLease, end: StepEnd): { event: RunEvent; extras: Extras } {
  const step = lease.name;
  switch (end.end) {
    case 'succeeded':
      return { event: { type: 'succeeded', step }, extras: { output: canonical(end.output as Json) } };
    case 'waiting':
      return { event: { type: 'waits', step, reason: end.reason }, extras: {} };
    case 'ignored':
      return { event: { type: 'ignored', step, reason: end.reason }, extras: {} };
    case 'planned':
      return planned(lease, end.plan);
    case 'returned':
      return { event: { type: 'returned', step }, extras: {} };
    case 'failed': {
      const retryAfterMs = retryAfter(lease, end);
      if (retryAfterMs === null) return failed(step, end);
      return { event: { type: 'returned', step, reason: end.reason }, extras: { retryAfterMs } };
    }
  }
}

function failed(step: string, end: Extract<StepEnd, { end: 'failed' }>): { event: RunEvent; extras: Extras } {
  const note: StepFailureNote = { error: end.reason, next: end.next, instance: end.instance ?? null };
  const reason = [end.reason, end.next].filter(Boolean).join('; ');
  return { event: { type: 'failed', step, reason }, extras: { failure: JSON.stringify(note) } };
}

function planned({ name: step, run }: StepLease, plan: Plan): { event: RunEvent; extras: Extras } {
  // The plan names its own step first; that one is being carried out now.
  const planned = plan.steps
    .filter((s) => s.name !== step)
    .map((s) => ({ ...s, turn: turnOf(plan, s.stage, run.ref) }));
  const steps: StepView[] = planned.map((s) => ({
    name: s.name,
    kind: s.kind,
    role: roleOf(plan, s.stage),
    verb: 'run',
    undoes: null,
    needs: s.needs,
    state: 'pending',
  }));
  return {
    event: { type: 'planned', step, steps },
    extras: { planned, plan: { json: canonical(plan), hash: plan.pipelineHash } },
  };
}

const roleOf = (plan: Plan, stage: string): 'build' | StageSpec['role'] =>
  plan.stages.find((s) => s.name === stage)?.role ?? 'build';
