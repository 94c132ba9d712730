import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { applyEvent, ringAll } from '../runs/apply';
import { inOrder } from '../runs/supersede';
import type { Tx } from '../store/store';
import { askAgain, hintsOf } from './ask-again';
import { findOpenGate } from './find-gate';
import { type Gate, readGate, standingAt } from './gate';
import { breakGlass, isReviewOverdue } from './glass';
import { type GateFacts, type Judged, judgeVote } from './judge';
import { refusing } from './refused';

export interface Vote {
  app: string;
  /** Number of the run; undefined: the only one of this app that waits. */
  run?: number;
  /** Name of the step; undefined: the only one that waits. */
  step?: string;
  user: string;
  /** Said with a token, and not by a person who signed in. Default: by a person. */
  byToken?: boolean;
  vote: 'yes' | 'no';
  reason: string;
  /** Hash of what the page or command showed (`ApprovalShown.boundHash`); a mismatch is refused. */
  shown?: string;
  /** Hash of the release alone; a mismatch is refused. */
  shownHash?: string;
  /** An emergency: one voice opens the gate, whatever role it asks for, and somebody else reviews it within a day. */
  breaksGlass?: boolean;
}

export interface Decided {
  run: number;
  step: string;
  state: 'granted' | 'rejected' | 'requested';
  /** How many more people are needed. */
  missing: number;
  /** Until when somebody else must have reviewed it, ms UTC; null: nobody needs to. */
  reviewDue: number | null;
}

type Written = { decided: Decided; hints: readonly Hint[] } | { void: GantryError; hints: readonly Hint[] };

/**
 * One person's yes or no at a gate. What is refused is in the audit, and changes nothing else.
 * @throws GantryError `nothing-waits`, `ambiguous`, `person-needed`, `approval-unseen`, `approval-changed`,
 *   `approval-expired`, `already-voted`, `approval-own`, `people-unread`, `role-missing`, `reason-needed`,
 *   `review-overdue`.
 */
export async function decideApproval(parts: EngineParts, vote: Vote): Promise<Decided> {
  const written = await refusing(parts, { ...vote, action: `approval.${vote.vote}` }, () =>
    parts.store.write(async (tx): Promise<Written> => {
      const gate = await findOpenGate(tx, vote);
      const { facts, judged } = await judge(tx, gate, vote);
      if (judged.is === 'refused') throw judged.error;
      if (judged.is === 'void') {
        const moved = await askAgain(parts, tx, gate, judged.why, 'rule:approval-void');
        return { void: changed(gate, judged.why), hints: hintsOf(moved) };
      }
      return count(parts, tx, { gate, facts, vote }, judged);
    }),
  );
  await ringAll(parts, written.hints);
  if ('void' in written) throw written.void;
  return written.decided;
}

const changed = (gate: Gate, why: string): GantryError =>
  new GantryError('conflict', 'approval-changed', `${gate.step} is asked again: ${why}`, 'look at the run again');

async function judge(tx: Tx, gate: Gate, vote: Vote): Promise<{ facts: GateFacts; judged: Judged }> {
  const { facts, people } = await readGate(tx, gate);
  const judged = judgeVote(facts, {
    ...(await standingAt(tx, vote.user, gate, people)),
    user: vote.user,
    vote: vote.vote,
    byToken: vote.byToken ?? false,
    shown: vote.shown,
    shownRelease: vote.shownHash,
    breaksGlass: vote.breaksGlass ?? false,
    reason: vote.reason,
    reviewOverdue: vote.breaksGlass === true && (await isReviewOverdue(tx, gate.app_id, facts.now)),
  });
  return { facts, judged };
}

interface Said {
  gate: Gate;
  facts: GateFacts;
  vote: Vote;
}

async function count(
  parts: EngineParts,
  tx: Tx,
  said: Said,
  { state, missing, reviewDue }: Extract<Judged, { is: 'counted' }>,
): Promise<Written> {
  const { gate, facts, vote } = said;
  const broke_glass = vote.breaksGlass === true ? 1 : 0;
  const cast = { user: vote.user, vote: vote.vote, reason: vote.reason, at: facts.now, broke_glass } as const;
  await tx
    .insertInto('approval_votes')
    .values({ approval_id: gate.id, ...cast })
    .execute();
  const due = broke_glass === 1 ? await breakGlass(parts, tx, said, reviewDue) : null;
  const decided: Decided = { run: gate.number, step: gate.step, state, missing, reviewDue: due };
  await tell(parts, tx, said, decided);
  if (state === 'requested') return { decided, hints: [] };
  await tx.updateTable('approvals').set({ state }).where('id', '=', gate.id).execute();
  return { decided, hints: await end(parts, tx, said, state) };
}

async function tell(parts: EngineParts, tx: Tx, { gate, facts, vote }: Said, decided: Decided): Promise<void> {
  const { state, missing } = decided;
  await recordAudit(parts, tx, {
    chain: vote.app,
    actor: `user:${vote.user}`,
    action: `approval.${vote.vote}`,
    object: `${vote.app}#${gate.number}/${gate.step}`,
    detail: {
      reason: vote.reason,
      release: gate.release_hash,
      bound: gate.bound_hash,
      state,
      missing,
      solo: facts.solo,
    },
  });
  await emit(parts, tx, {
    app: gate.app_id,
    run: gate.run_id,
    type: 'approval',
    data: {
      ...{ step: gate.step, state, user: vote.user, missing },
      ...(vote.breaksGlass === true ? { brokeGlass: vote.reason } : {}),
    },
  });
}

/** The gate's step ends as people decided; then what follows for the order of runs. */
async function end(
  parts: EngineParts,
  tx: Tx,
  { gate, vote }: Said,
  state: 'granted' | 'rejected',
): Promise<readonly Hint[]> {
  const { step } = gate;
  const because = vote.reason === '' ? '' : `: ${vote.reason}`;
  const event =
    state === 'granted'
      ? ({ type: 'succeeded', step } as const)
      : ({ type: 'failed', step, reason: `rejected by ${vote.user}${because}` } as const);
  const output = JSON.stringify({ by: vote.user, reason: vote.reason });
  const applied = await applyEvent(parts, tx, gate.run_id, event, `user:${vote.user}`, { output });
  return (await inOrder(parts, tx, applied, { event })).hints;
}
