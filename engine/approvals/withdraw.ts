import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { ringAll } from '../runs/apply';
import type { Tx } from '../store/store';
import { hintsOf, reopen } from './ask-again';
import { findUnusedGate, type GateNamed } from './find-gate';
import { readGate } from './gate';
import { judgeWithdrawal } from './judge';
import { refusing } from './refused';

export interface Withdrawal extends GateNamed {
  user: string;
  reason: string;
}

export interface Withdrawn {
  run: number;
  step: string;
  state: 'granted' | 'requested';
  missing: number;
}

/**
 * Somebody takes their yes back, as long as nothing has used the approval. A gate that was open is shut again when too
 * few voices are left.
 * @throws GantryError `nothing-waits`, `ambiguous`, `not-voted`.
 */
export async function withdrawVote(parts: EngineParts, wanted: Withdrawal): Promise<Withdrawn> {
  const { withdrawn, hints } = await refusing(parts, { ...wanted, action: 'approval.withdraw' }, () =>
    parts.store.write((tx) => withdrawIn(parts, tx, wanted)),
  );
  await ringAll(parts, hints);
  return withdrawn;
}

async function withdrawIn(
  parts: EngineParts,
  tx: Tx,
  wanted: Withdrawal,
): Promise<{ withdrawn: Withdrawn; hints: readonly Hint[] }> {
  const { app, user, reason } = wanted;
  const gate = await findUnusedGate(tx, wanted);
  const judged = judgeWithdrawal((await readGate(tx, gate)).facts, user);
  if (judged instanceof GantryError) throw judged;
  await tx.deleteFrom('approval_votes').where('approval_id', '=', gate.id).where('user', '=', user).execute();
  const state = gate.state === 'granted' && !judged.reopens ? 'granted' : 'requested';
  await tx.updateTable('approvals').set({ state }).where('id', '=', gate.id).execute();
  await recordAudit(parts, tx, {
    chain: app,
    actor: `user:${user}`,
    action: 'approval.withdraw',
    object: `${app}#${gate.number}/${gate.step}`,
    detail: { reason, bound: gate.bound_hash, state, missing: judged.missing },
  });
  await emit(parts, tx, {
    app: gate.app_id,
    run: gate.run_id,
    type: 'approval',
    data: { step: gate.step, state, user, missing: judged.missing },
  });
  const because = `${user} took the yes back`;
  const moved = judged.reopens ? await reopen(parts, tx, gate, because, `user:${user}`) : undefined;
  return {
    withdrawn: { run: gate.number, step: gate.step, state, missing: judged.missing },
    hints: hintsOf(moved),
  };
}
