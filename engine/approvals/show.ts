import type { ApprovalState } from '../model/states';
import type { EngineParts } from '../parts';
import type { Bound } from './bound';

export interface ApprovalShown {
  /** Name of the gate's step: `gray/approve`. */
  step: string;
  state: ApprovalState;
  role: string;
  count: number;
  votes: { user: string; vote: 'yes' | 'no'; reason: string; at: number; brokeGlass: boolean }[];
  releaseHash: string;
  /** Hash of all that a yes stands for; whoever decides says that it is what was looked at. */
  boundHash: string;
  /** All that a yes stands for; null in gates of an earlier version. */
  bound: Bound | null;
  expiresAt: number;
  /** When what comes next may begin: text of pipelines/change-window.ts; null: at any time. */
  window: string | null;
  /** Why what people had said before counts no more; empty when they were asked once. */
  why: string;
  /** The step that used the approval; null: none has. */
  usedBy: string | null;
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
      .map(({ user, vote, reason, at, broke_glass }) => ({ user, vote, reason, at, brokeGlass: broke_glass === 1 })),
    releaseHash: gate.release_hash,
    boundHash: gate.bound_hash,
    bound: gate.bound === '' ? null : (JSON.parse(gate.bound) as Bound),
    expiresAt: gate.expires_at,
    window: gate.change_window,
    why: gate.why,
    usedBy: gate.consumed_by,
  }));
}
