import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import { databaseNow, type Reader, type Tx } from '../store/store';
import type { Tables } from '../store/tables';

/** How one delivery ended. */
export type Outcome =
  /** `id`: the receiver's own name of what it was sent. */
  | { kind: 'sent'; id?: string }
  /** Not now; `afterMs`: the receiver said when. */
  | { kind: 'later'; reason: string; afterMs?: number }
  /** This one thing will never be taken; others may. */
  | { kind: 'refused'; reason: string };

/** The right to send one thing to one receiver. */
export interface Claim {
  line: string;
  claim: number;
}

/** How a receiver answers: for people. */
export interface LineShown {
  /** ms UTC */
  sentAt: number | null;
  sentId: string | null;
  /** What went wrong the last time; empty when nothing did. */
  trouble: string;
  troubleAt: number | null;
  /** When it is tried again; null when nothing went wrong. */
  retryAt: number | null;
}

/** Longer than any delivery takes: whoever claimed it has died then, or will be told that it was late. */
export const CLAIM_MS = 60_000;
/** What could not be told for so long is not told any more, ms. */
export const GIVE_UP_MS = 24 * 3_600_000;
const RETRY_MS = 2_000;
const RETRY_MAX_MS = 3_600_000;
const TROUBLE_MAX = 300;

/** Takes a receiver, unless somebody else has it or it is to be left alone for now. */
export async function claimLine(tx: Tx, name: string, now: number): Promise<Claim | undefined> {
  const fresh = { claim: 0, claimed_until: 0, failures: 0, not_before: 0, trouble: '' };
  await tx
    .insertInto('outgoing_lines')
    .values({ name, ...fresh })
    .onConflict((c) => c.column('name').doNothing())
    .execute();
  const row = await tx
    .updateTable('outgoing_lines')
    .set((e) => ({ claim: e('claim', '+', 1), claimed_until: sql<number>`${databaseNow} + ${CLAIM_MS}` }))
    .where('name', '=', name)
    .where('not_before', '<=', now)
    .where('claimed_until', '<=', databaseNow)
    .returning('claim')
    .executeTakeFirst();
  return row === undefined ? undefined : { line: name, claim: row.claim };
}

/** Gives a receiver back with how it went. False for a late actor: somebody else may have sent meanwhile. */
export async function freeLine(
  parts: EngineParts,
  tx: Tx,
  { line, claim }: Claim,
  outcome: Outcome,
  sentId: string,
): Promise<boolean> {
  const row = await lineIn(tx, line);
  if (row === undefined || row.claim !== claim) return false;
  const now = parts.clock.now();
  await tx
    .updateTable('outgoing_lines')
    .set({ claimed_until: 0, ...after(row, outcome, now, sentId) })
    .where('name', '=', line)
    .execute();
  return true;
}

function after(row: Tables['outgoing_lines'], outcome: Outcome, now: number, sentId: string) {
  if (outcome.kind === 'sent') {
    return { failures: 0, not_before: 0, sent_at: now, sent_id: sentId, trouble: '', trouble_at: null };
  }
  const told = { trouble: plain(outcome.reason), trouble_at: now };
  if (outcome.kind === 'refused') return { failures: 0, not_before: 0, ...told };
  const failures = row.failures + 1;
  return { failures, not_before: now + waitMs(failures, outcome.afterMs), ...told };
}

/** Longer each time, at most an hour; never sooner than the receiver asked for, but within the day. */
export const waitMs = (failures: number, asked = 0): number =>
  Math.min(Math.max(Math.min(RETRY_MS * 2 ** (failures - 1), RETRY_MAX_MS), asked), GIVE_UP_MS);

/** Says what went wrong with a receiver without having called it. */
export async function noteTrouble(parts: EngineParts, tx: Tx, line: string, trouble: string): Promise<void> {
  await tx
    .updateTable('outgoing_lines')
    .set({ trouble: plain(trouble), trouble_at: parts.clock.now() })
    .where('name', '=', line)
    .execute();
}

/** One line, not too long. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, TROUBLE_MAX);

const lineIn = (db: Reader | Tx, name: string) =>
  db.selectFrom('outgoing_lines').selectAll().where('name', '=', name).executeTakeFirst();

export async function showLine(db: Reader | Tx, name: string): Promise<LineShown> {
  const row = await lineIn(db, name);
  return {
    sentAt: row?.sent_at ?? null,
    sentId: row?.sent_id ?? null,
    trouble: row?.trouble ?? '',
    troubleAt: row?.trouble_at ?? null,
    retryAt: (row?.failures ?? 0) > 0 ? (row?.not_before ?? null) : null,
  };
}
