import type { ApprovalState } from '../model/states';
import type { EngineParts } from '../parts';

export interface ApprovalShown {
  /** Name of the gate's step: `gray/approve`. */
  step: string;
  state: ApprovalState;
  role: string;
  count: number;
  votes: { user: string; vote: 'yes' | 'no'; reason: string; at: number }[];
  releaseHash: string;
  expiresAt: number;
}

/** The gates of a run that were reached, in order, with who said what. */
export async function approvalsOf(parts: EngineParts, runId: string): Promise<ApprovalShown[]> {
  const gates = await parts.store.read
    .selectFrom('approvals')
    .innerJoin('steps', 'steps.id', 'approvals.step_id')
    .selectAll('approvals')
    .select('steps.name as step')
    .where('approvals.run_id', '=', runId as never)
    .orderBy('steps.position')
    .execute();
  if (gates.length === 0) return [];
  const votes = await parts.store.read
    .selectFrom('approval_votes')
    .selectAll()
    .where(
      'approval_id',
      'in',
      gates.map((g) => g.id),
    )
    .orderBy('at')
    .execute();
  return gates.map((gate) => ({
    step: gate.step,
    state: gate.state,
    role: gate.role,
    count: gate.count,
    votes: votes
      .filter((v) => v.approval_id === gate.id)
      .map(({ user, vote, reason, at }) => ({ user, vote, reason, at })),
    releaseHash: gate.release_hash,
    expiresAt: gate.expires_at,
  }));
}
