import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';
import type { Applied } from '../runs/apply';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { statement } from '../store/statement';
import type { Tx } from '../store/store';
import { askAgain } from './ask-again';
import { readGate, unusedGates } from './gate';
import { judgeUse } from './judge';

const anyUnused = statement<{ run: StepLease['run']['id'] }, { id: string }>((db, argument) =>
  db
    .selectFrom('approvals')
    .innerJoin('runs', 'runs.id', 'approvals.run_id')
    .select('approvals.id')
    .where('approvals.run_id', '=', argument('run'))
    .where('approvals.state', '=', 'granted')
    // A run that is being taken back asks nobody.
    .where('runs.ends_as', 'is', null),
);

/**
 * The first step behind a gate uses its approval, once, when it begins its first change of the world, or when it ends
 * without any. Everything that the approval stands on is looked at again: what it is bound to, its time, and whether
 * those who said yes may still say it.
 * @throws LeaseLostError
 * @returns undefined when the step may go on. Else people are asked again, and the step has been taken from its runner;
 * the run as it is then
 */
export async function useApprovals(parts: EngineParts, tx: Tx, lease: StepLease): Promise<Applied | undefined> {
  if (lease.verb !== 'run' || lease.role === 'build') return undefined;
  if ((await anyUnused(tx, { run: lease.run.id })).length === 0) return undefined;
  await fence(tx, lease);
  for (const gate of await unusedGates(tx, lease.run.id)) {
    const { facts } = await readGate(tx, gate);
    const why = judgeUse(facts);
    if (why !== undefined) return askAgain(parts, tx, gate, why, 'rule:approval-void');
    await tx
      .updateTable('approvals')
      .set({ state: 'consumed', consumed_at: facts.now, consumed_by: lease.name })
      .where('id', '=', gate.id)
      .execute();
    await recordAudit(parts, tx, {
      chain: gate.app,
      actor: `runner:${lease.owner}`,
      action: 'approval.use',
      object: `${gate.app}#${gate.number}/${gate.step}`,
      detail: {
        state: 'consumed',
        by: lease.name,
        bound: gate.bound_hash,
        solo: facts.solo,
        said: facts.voices.map(({ user }) => user),
      },
    });
  }
  return undefined;
}
