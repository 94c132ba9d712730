import { emit } from '../events/emit';
import { type ApprovalId, newId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';

/**
 * Opens the gate's question, bound to the release and the pipeline that it is asked for. In the transaction that makes
 * the step wait.
 */
export async function requestApproval(parts: EngineParts, tx: Tx, lease: StepLease): Promise<void> {
  const step = await tx.selectFrom('steps').select('spec').where('id', '=', lease.stepId).executeTakeFirstOrThrow();
  const spec = JSON.parse(step.spec) as { role?: string; count?: number; expires?: number };
  const run = await tx.selectFrom('runs').selectAll().where('id', '=', lease.run.id).executeTakeFirstOrThrow();
  const release =
    run.release_id === null
      ? undefined
      : await tx.selectFrom('releases').select('hash').where('id', '=', run.release_id).executeTakeFirst();
  const now = parts.clock.now();
  await tx
    .insertInto('approvals')
    .values({
      id: newId<ApprovalId>(parts.clock, parts.random),
      run_id: run.id,
      step_id: lease.stepId,
      app_id: run.app_id,
      release_hash: release?.hash ?? '',
      pipeline_hash: run.pipeline_hash ?? '',
      role: spec.role ?? 'release-manager',
      count: spec.count ?? 1,
      state: 'requested',
      requested_at: now,
      expires_at: now + (spec.expires ?? 7 * 24 * 3_600_000),
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
