import type { Selectable } from 'kysely';
import { canonical, sha256 } from '../model/hash';
import type { Tables } from '../store/tables';

/** An entry as it lies in SQL and in an export. */
export type AuditRow = Selectable<Tables['audit']>;

/** The hash of an entry covers every field of it and the hash before it; its place in the table is not its own. */
export function auditHash(row: Omit<AuditRow, 'seq' | 'hash'>): string {
  return sha256(canonical([row.prev_hash, row.chain, row.at, row.actor, row.action, row.object, row.detail]));
}

/** A place in a chain: how many entries there are up to it, and the last of them. */
export interface Head {
  entries: number;
  hash: string;
  seq: number;
}

/** Before the first entry. */
export const START: Head = { entries: 0, hash: '', seq: 0 };

export const FINDINGS = {
  changed: 'an entry says something else than when it was written',
  deleted: 'an entry is missing before this one',
  swapped: 'an entry stands where another one was written',
  cut: 'the newest entries are missing',
  unreadable: 'this is not what Gantry writes',
} as const;
export type Finding = keyof typeof FINDINGS;

/** The first thing in a chain that is not as it was written. */
export interface Break {
  chain: string;
  /** Number of the entry in its chain, from 1. */
  entry: number;
  finding: Finding;
  /** One sentence. */
  says: string;
}

/** What stands next in a chain, or what is wrong with it. */
export type Step = { head: Head } | { wrong: 'changed' | 'order' };

/** Goes one entry on. Pure: what the entry says must give its hash, and it must name the hash before it. */
export function follow(head: Head, row: AuditRow): Step {
  if (auditHash(row) !== row.hash) return { wrong: 'changed' };
  if (row.prev_hash !== head.hash || row.seq <= head.seq) return { wrong: 'order' };
  return { head: { entries: head.entries + 1, hash: row.hash, seq: row.seq } };
}

/** A break at the entry that should follow `head`. */
export function breakAfter(chain: string, head: Head, finding: Finding, more = ''): Break {
  const entry = head.entries + 1;
  return { chain, entry, finding, says: `${chain}, entry ${entry}: ${FINDINGS[finding]}${more && ` (${more})`}` };
}

/** Entries that somebody outside remembers are not there. */
export const cutAfter = (chain: string, head: Head, remembered: number): Break =>
  breakAfter(chain, head, 'cut', `there were ${remembered}, and ${head.entries} are left`);
