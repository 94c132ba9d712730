import type { Plan, StageSpec } from '../../pipelines/types';
import { requestApproval } from '../approvals/request';
import type { FailureEnd, Fault } from '../model/errors';
import { canonical, type Json } from '../model/hash';
import type { InstanceEnd, StepFailureNote } from '../model/instance-end';
import type { RunEvent, StepView } from '../model/transition';
import type { EngineParts } from '../parts';
import type { StepResult } from '../ports/step-kind';
import { type Applied, applyEvents, ringAll } from '../runs/apply';
import { inOrder } from '../runs/supersede';
import type { Extras } from '../runs/write-steps';
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
  const applied = await parts.store.write(async (tx) => {
    const { event, extras } = toEvent(lease, end);
    const moves = [{ event, extras, holder: lease }];
    const written = await applyEvents(parts, tx, lease.run.id, moves, `runner:${lease.owner}`);
    const asks = event.type === 'waits' && lease.kind === 'approve' && written.run.ended_at === null;
    if (asks && written.run.ends_as === null) await requestApproval(parts, tx, lease);
    const kin = end.end === 'planned' ? end.kin : undefined;
    return inOrder(parts, tx, written, { event, step: lease, kin });
  });
  await parts.probe('step-ended', { step: lease.name, epoch: lease.epoch });
  await ringAll(parts, applied.hints);
  return applied;
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
