import { recordAudit } from '../audit/record';
import type { EngineParts } from '../parts';
import { applyEvent, ringAll } from '../runs/apply';
import { databaseNow, type Reader } from '../store/store';
import { gates } from './gate';

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
      const { step } = gate;
      const why = 'nobody decided in time';
      await tx.updateTable('approvals').set({ state: 'voided', why }).where('id', '=', gate.id).execute();
      await recordAudit(parts, tx, {
        chain: gate.app,
        actor: 'rule:approval-expired',
        action: 'approval.expire',
        object: `${gate.app}#${gate.number}/${step}`,
        detail: { state: 'voided', asked: gate.requested_at, expired: gate.expires_at },
      });
      const event = { type: 'failed', step, reason: why } as const;
      const applied = await applyEvent(parts, tx, gate.run_id, event, 'rule:approval-expired');
      hints.push(...applied.hints);
    }
    return { count: found.length, hints };
  });
  await ringAll(parts, ended.hints);
  return ended.count;
}
