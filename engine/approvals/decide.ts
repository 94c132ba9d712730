import { recordAudit } from '../audit/record';
import { emit } from '../events/emit';
import { GantryError } from '../model/errors';
import type { EngineParts } from '../parts';
import { applyEvent, ringAll } from '../runs/apply';
import { inOrder } from '../runs/supersede';
import type { Tx } from '../store/store';
import type { Tables } from '../store/tables';

export interface Vote {
  app: string;
  /** Number of the run; undefined: the only one of this app that waits. */
  run?: number;
  /** Name of the step; undefined: the only one that waits. */
  step?: string;
  user: string;
  vote: 'yes' | 'no';
  reason: string;
  /** Hash of the release that the page or command showed; a mismatch is refused. */
  shownHash?: string;
}

export interface Decided {
  run: number;
  step: string;
  state: 'granted' | 'rejected' | 'requested';
  /** How many more people are needed. */
  missing: number;
}

/**
 * One person's yes or no at a gate.
 * @throws GantryError `nothing-waits`, `ambiguous`, `approval-changed`, `approval-expired`, `already-voted`.
 */
export async function decideApproval(parts: EngineParts, vote: Vote): Promise<Decided> {
  const { decided, hints } = await parts.store.write(async (tx) => {
    const found = await findGate(tx, vote);
    check(parts, found, vote);
    await cast(parts, tx, found, vote);
    const missing = found.count - (await yesVotes(tx, found.id));
    const state = vote.vote === 'no' ? 'rejected' : missing <= 0 ? 'granted' : 'requested';
    const decided: Decided = { run: found.number, step: found.step, state, missing: Math.max(0, missing) };
    await recordAudit(parts, tx, {
      chain: vote.app,
      actor: `user:${vote.user}`,
      action: `approval.${vote.vote}`,
      object: `${vote.app}#${found.number}/${found.step}`,
      detail: { reason: vote.reason, release: found.release_hash, state, missing },
    });
    await emit(parts, tx, {
      app: found.app_id,
      run: found.run_id,
      type: 'approval',
      data: { step: found.step, state, user: vote.user, missing: decided.missing },
    });
    if (state === 'requested') return { decided, hints: [] };
    await tx.updateTable('approvals').set({ state }).where('id', '=', found.id).execute();
    const event =
      state === 'granted'
        ? ({ type: 'succeeded', step: found.step } as const)
        : ({
            type: 'failed',
            step: found.step,
            reason: `rejected by ${vote.user}${vote.reason && `: ${vote.reason}`}`,
          } as const);
    const output = JSON.stringify({ by: vote.user, reason: vote.reason });
    const applied = await applyEvent(parts, tx, found.run_id, event, `user:${vote.user}`, { output });
    const { hints } = await inOrder(parts, tx, applied, { event });
    return { decided, hints };
  });
  await ringAll(parts, hints);
  return decided;
}

type Gate = Tables['approvals'] & { number: number; step: string };

async function findGate(tx: Tx, vote: Vote): Promise<Gate> {
  let query = tx
    .selectFrom('approvals')
    .innerJoin('apps', 'apps.id', 'approvals.app_id')
    .innerJoin('runs', 'runs.id', 'approvals.run_id')
    .innerJoin('steps', 'steps.id', 'approvals.step_id')
    .selectAll('approvals')
    .select(['runs.number', 'steps.name as step'])
    .where('apps.name', '=', vote.app)
    .where('approvals.state', '=', 'requested')
    .where('steps.state', '=', 'waiting');
  if (vote.run !== undefined) query = query.where('runs.number', '=', vote.run);
  if (vote.step !== undefined) query = query.where('steps.name', '=', vote.step);
  const gates = await query.execute();
  const which = `${vote.app}${vote.run === undefined ? '' : `#${vote.run}`}${vote.step === undefined ? '' : `/${vote.step}`}`;
  if (gates.length === 0) {
    throw new GantryError(
      'conflict',
      'nothing-waits',
      `nothing waits for approval in ${which}`,
      `see what its runs do: gantry run list ${vote.app}`,
    );
  }
  if (gates.length > 1) {
    const names = gates.map((g) => `#${g.number} ${g.step}`).join(', ');
    throw new GantryError('conflict', 'ambiguous', `several gates wait in ${which}: ${names}`, 'name the run');
  }
  return gates[0] as Gate;
}

function check(parts: EngineParts, gate: Gate, vote: Vote): void {
  if (vote.shownHash !== undefined && vote.shownHash !== gate.release_hash) {
    throw new GantryError(
      'conflict',
      'approval-changed',
      `what waits is release ${gate.release_hash.slice(0, 12)}, not the ${vote.shownHash.slice(0, 12)} that was shown`,
      'look at the run again, then decide',
    );
  }
  if (parts.clock.now() > gate.expires_at) {
    throw new GantryError(
      'conflict',
      'approval-expired',
      `the question at ${gate.step} has expired`,
      'cancel the run and start it again',
    );
  }
}

async function cast(parts: EngineParts, tx: Tx, gate: Gate, vote: Vote): Promise<void> {
  const known = await tx
    .selectFrom('approval_votes')
    .select('vote')
    .where('approval_id', '=', gate.id)
    .where('user', '=', vote.user)
    .executeTakeFirst();
  if (known !== undefined) {
    throw new GantryError(
      'conflict',
      'already-voted',
      `${vote.user} has decided at ${gate.step} already (${known.vote})`,
      `${gate.count} different people are needed`,
    );
  }
  await tx
    .insertInto('approval_votes')
    .values({ approval_id: gate.id, user: vote.user, vote: vote.vote, reason: vote.reason, at: parts.clock.now() })
    .execute();
}

async function yesVotes(tx: Tx, approvalId: Gate['id']): Promise<number> {
  const row = await tx
    .selectFrom('approval_votes')
    .select((e) => e.fn.countAll<number>().as('n'))
    .where('approval_id', '=', approvalId)
    .where('vote', '=', 'yes')
    .executeTakeFirstOrThrow();
  return Number(row.n);
}
