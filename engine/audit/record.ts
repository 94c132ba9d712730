import { sql } from 'kysely';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import { insertInto, statement } from '../store/statement';
import type { Tx } from '../store/store';
import { type AuditRow, auditHash } from './chain';

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
  db.selectFrom('audit').select('hash').where('chain', '=', argument('chain')).orderBy('seq', 'desc').limit(sql.lit(1)),
);

/** Writes entries into their chains, in the transaction of what they tell. */
export async function recordAudit(parts: EngineParts, tx: Tx, told: AuditEntry | readonly AuditEntry[]): Promise<void> {
  const heads = new Map<string, string>();
  const rows: Omit<AuditRow, 'seq'>[] = [];
  for (const entry of [told].flat()) {
    const known = heads.get(entry.chain) ?? (await lastOfChain(tx, { chain: entry.chain }))[0]?.hash;
    const row = {
      chain: entry.chain,
      at: parts.clock.now(),
      actor: entry.actor,
      action: entry.action,
      object: entry.object,
      detail: canonical(entry.detail),
      prev_hash: known ?? '',
    };
    const hash = auditHash(row);
    rows.push({ ...row, hash });
    heads.set(entry.chain, hash);
  }
  await insertEntries(tx, rows);
}
