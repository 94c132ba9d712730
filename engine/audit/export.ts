import { createHash } from 'node:crypto';
import { canonical } from '../model/hash';
import type { EngineParts } from '../parts';
import type { Reader } from '../store/store';
import { type AuditRow, type Head, START } from './chain';
import { chainsIn, entriesAfter, PAGE } from './read';

export const EXPORT_FORMAT = 1;

/** First line: which chains follow, each from which place on. */
export interface ExportBegin {
  gantry: 'audit';
  format: typeof EXPORT_FORMAT;
  madeAt: number;
  from: Record<string, Head>;
}

/** One entry. `detail` is the text that was hashed. */
export interface ExportEntry extends Omit<AuditRow, 'prev_hash'> {
  /** Number in its chain, from 1. */
  entry: number;
  prev: string;
}

/** Last line: where each chain has arrived, and the sha256 of all bytes before this line. */
export interface ExportEnd {
  gantry: 'audit-end';
  entries: number;
  heads: Record<string, Head>;
  sha256: string;
}

export interface ExportAsked {
  /** Only this chain: an app's name, or `system`. */
  chain?: string;
  /** Only entries since then: milliseconds since 1970, UTC. */
  since?: number;
}

/** The audit as lines of canonical JSON, each with its end; chain after chain, so that others may write meanwhile. */
export async function* exportAudit(
  { store, clock }: Pick<EngineParts, 'store' | 'clock'>,
  { chain, since }: ExportAsked,
): AsyncGenerator<string> {
  const sum = createHash('sha256');
  const line = (document: ExportBegin | ExportEntry | ExportEnd): string => {
    const text = `${canonical(document)}\n`;
    sum.update(text);
    return text;
  };
  const chains = chain === undefined ? await chainsIn(store.read) : [chain];
  const from: Record<string, Head> = {};
  for (const name of chains) from[name] = since === undefined ? START : await headBefore(store.read, name, since);
  yield line({ gantry: 'audit', format: EXPORT_FORMAT, madeAt: clock.now(), from });
  const heads: Record<string, Head> = {};
  let entries = 0;
  for (const name of chains) {
    let head = from[name] ?? START;
    for await (const row of chainFrom(store.read, name, head)) {
      head = { entries: head.entries + 1, hash: row.hash, seq: row.seq };
      entries += 1;
      const { prev_hash: prev, ...rest } = row;
      yield line({ ...rest, entry: head.entries, prev });
    }
    heads[name] = head;
  }
  yield `${canonical({ gantry: 'audit-end', entries, heads, sha256: sum.digest('hex') } satisfies ExportEnd)}\n`;
}

async function* chainFrom(db: Reader, chain: string, from: Head): AsyncGenerator<AuditRow> {
  for (let seq = from.seq; ; ) {
    const rows = await entriesAfter(db, chain, { seq });
    yield* rows;
    if (rows.length < PAGE) return;
    seq = rows.at(-1)?.seq ?? seq;
  }
}

/** The place in a chain after which everything is as new as that. */
async function headBefore(db: Reader, chain: string, since: number): Promise<Head> {
  const first = await db
    .selectFrom('audit')
    .select((e) => e.fn.min<number | null>('seq').as('seq'))
    .where('chain', '=', chain)
    .where('at', '>=', since)
    .executeTakeFirst();
  const before = db
    .selectFrom('audit')
    .where('chain', '=', chain)
    .$if(first?.seq != null, (query) => query.where('seq', '<', first?.seq ?? 0));
  const last = await before.select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst();
  if (last === undefined) return START;
  const { n } = await before.select((e) => e.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return { entries: Number(n), hash: last.hash, seq: last.seq };
}
