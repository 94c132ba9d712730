import { sql } from 'kysely';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { insertInto, settled, statement } from '../store/statement';
import type { Tx } from '../store/store';
import { auditHash } from './chain';

export interface AuditEntry {
  /** An app's name, or `system`. */
  chain: string;
  actor: string;
  /** `run.cancel`, `traffic.change`. */
  action: string;
  object: string;
  detail: Record<string, unknown>;
}

const insertEntries = insertInto('audit');
const lastOfChain = statement<{ chain: string }, { hash: string }>((db, argument) =>
  db
    .selectFrom('audit')
    .select('hash')
    .where('chain', '=', settled(argument('chain')))
    .orderBy('seq', 'desc')
    .limit(sql.lit(1)),
);

/** Writes one entry into its chain, in the transaction of what it tells. */
export async function recordAudit(parts: EngineParts, tx: Tx, entry: AuditEntry): Promise<void> {
  const [last] = await lastOfChain(tx, { chain: entry.chain });
  const row = {
    chain: entry.chain,
    at: parts.clock.now(),
    actor: entry.actor,
    action: entry.action,
    object: entry.object,
    detail: canonical(entry.detail),
    prev_hash: last?.hash ?? '',
  };
  await insertEntries(tx, [{ ...row, hash: auditHash(row) }]);
}
