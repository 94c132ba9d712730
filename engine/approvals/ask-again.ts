import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { canonical } from '../model/hash';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { type Applied, applyEvent } from '../runs/apply';
import { nowOf } from '../store/now';
import type { Tx } from '../store/store';
import { boundOf } from './bound';
import type { Gate } from './gate';
import { expiryOf, type GateSpec } from './request';

/**
 * What people have said at a gate counts no more: it is voided, with the reason, and they are asked again about what is
 * there now. A step that had become ready behind the gate waits for it again. In the transaction that found it out.
 * @returns the run as it is then; undefined when it did not move
 */
export async function askAgain(
  parts: EngineParts,
  tx: Tx,
  gate: Gate,
  why: string,
  actor: Actor,
): Promise<Applied | undefined> {
  const { bound, hash } = await boundOf(tx, gate.run_id, gate.stage);
  const said = await tx
    .deleteFrom('approval_votes')
    .where('approval_id', '=', gate.id)
    .returning(['user', 'vote'])
    .execute();
  const step = await tx.selectFrom('steps').select('spec').where('id', '=', gate.step_id).executeTakeFirstOrThrow();
  const now = await nowOf(tx);
  await tx
    .updateTable('approvals')
    .set({
      state: 'requested',
      round: gate.round + 1,
      why,
      bound: canonical(bound),
      bound_hash: hash,
      release_hash: bound.release,
      pipeline_hash: bound.pipeline,
      requested_at: now,
      expires_at: expiryOf(JSON.parse(step.spec) as GateSpec, now),
    })
    .where('id', '=', gate.id)
    .execute();
  await recordAudit(parts, tx, {
    chain: gate.app,
    actor,
    action: 'approval.void',
    object: `${gate.app}#${gate.number}/${gate.step}`,
    detail: {
      state: 'requested',
      why,
      said: said.map(({ user, vote }) => `${user}: ${vote}`),
      was: gate.bound_hash,
      is: hash,
    },
  });
  await emit(parts, tx, {
    app: gate.app_id,
    run: gate.run_id,
    type: 'approval',
    data: { step: gate.step, state: 'voided', reason: why },
  });
  return reopen(parts, tx, gate, why, actor);
}

/** The gate waits again, when it did not; so does what it had let through. */
export async function reopen(
  parts: EngineParts,
  tx: Tx,
  gate: Gate,
  why: string,
  actor: Actor,
): Promise<Applied | undefined> {
  if (gate.step_state !== 'succeeded') return undefined;
  return applyEvent(parts, tx, gate.run_id, { type: 'asked-again', step: gate.step, reason: why }, actor);
}

export const hintsOf = (applied: Applied | undefined): readonly Hint[] => applied?.hints ?? [];
