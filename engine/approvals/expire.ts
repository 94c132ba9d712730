import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import type { Hint } from '../ports/queue';
import { applyEvent, ringAll } from '../runs/apply';
import { databaseNow, type Reader, type Tx } from '../store/store';
import { type Gate, gates } from './gate';

const expired = (db: Reader) =>
  gates(db)
    .where('approvals.state', '=', 'requested')
    .where('approvals.expires_at', '<', databaseNow)
    .where('steps.state', '=', 'waiting');

/** Questions that nobody answered in time end their runs. @returns how many */
export async function endExpired(parts: EngineParts): Promise<number> {
  if ((await expired(parts.store.read).limit(1).execute()).length === 0) return 0;
  const ended = await parts.store.write(async (tx) => {
    const hints = [];
    const found = await expired(tx).execute();
    for (const gate of found) {
      const detail = { asked: gate.requested_at, expired: gate.expires_at };
      hints.push(...(await endGate(parts, tx, gate, { ...EXPIRED, detail })));
    }
    return { count: found.length, hints };
  });
  await ringAll(parts, ended.hints);
  return ended.count;
}

const EXPIRED = {
  actor: 'rule:approval-expired',
  action: 'approval.expire',
  why: 'nobody decided in time',
} as const;

interface Ended {
  actor: Actor;
  action: string;
  why: string;
  detail: Record<string, unknown>;
}

/** Nobody can answer any more: the gate ends, and with it its run. @returns what is to be rung after the commit */
export async function endGate(
  parts: EngineParts,
  tx: Tx,
  gate: Gate,
  { actor, action, why, detail }: Ended,
): Promise<readonly Hint[]> {
  const { step } = gate;
  await tx.updateTable('approvals').set({ state: 'voided', why }).where('id', '=', gate.id).execute();
  await recordAudit(parts, tx, {
    chain: gate.app,
    actor,
    action,
    object: `${gate.app}#${gate.number}/${step}`,
    detail: { state: 'voided', why, ...detail },
  });
  return (await applyEvent(parts, tx, gate.run_id, { type: 'failed', step, reason: why }, actor)).hints;
}
