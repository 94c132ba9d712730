import { emit } from '../events/emit';
import { canonical } from '../model/hash';
import { type ApprovalId, newId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { StepLease } from '../steps/lease';
import { nowOf } from '../store/now';
import type { Tx } from '../store/store';
import { boundOf } from './bound';

/** What a gate asks for, as its step says. */
export interface GateSpec {
  role?: string;
  count?: number;
  expires?: number;
  window?: string;
}

/** How long a question stands when its step does not say. */
const EXPIRES_MS = 7 * 24 * 3_600_000;

export const expiryOf = ({ expires = EXPIRES_MS }: GateSpec, now: number): number => now + expires;

/**
 * Opens the gate's question, bound to everything that a yes stands for. In the transaction that makes the step wait.
 */
export async function requestApproval(parts: EngineParts, tx: Tx, lease: StepLease): Promise<void> {
  const spec = JSON.parse(lease.spec) as GateSpec;
  const run = await tx
    .selectFrom('runs')
    .select(['id', 'app_id'])
    .where('id', '=', lease.run.id)
    .executeTakeFirstOrThrow();
  const { bound, hash } = await boundOf(tx, run.id, lease.stage);
  const now = await nowOf(tx);
  await tx
    .insertInto('approvals')
    .values({
      id: newId<ApprovalId>(parts.clock, parts.random),
      run_id: run.id,
      step_id: lease.stepId,
      app_id: run.app_id,
      release_hash: bound.release,
      pipeline_hash: bound.pipeline,
      role: spec.role ?? 'release-manager',
      count: spec.count ?? 1,
      state: 'requested',
      requested_at: now,
      expires_at: expiryOf(spec, now),
      bound: canonical(bound),
      bound_hash: hash,
      change_window: spec.window ?? null,
      round: 1,
      why: '',
      consumed_at: null,
      consumed_by: null,
    })
    .onConflict((c) => c.column('step_id').doNothing())
    .execute();
  await emit(parts, tx, {
    app: run.app_id,
    run: run.id,
    type: 'approval',
    data: { step: lease.name, state: 'requested', role: spec.role, count: spec.count },
  });
}
