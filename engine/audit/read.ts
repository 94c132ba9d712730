import { statement } from '../store/statement';
import type { Reader } from '../store/store';
import type { AuditRow, Head } from './chain';

/** Entries that are read and checked between two turns of the event loop: some milliseconds. */
export const PAGE = 500;

const pageOf = statement<{ chain: string; after: number; limit: number }, AuditRow>((db, argument) =>
  db
    .selectFrom('audit')
    .selectAll()
    .where('chain', '=', argument('chain'))
    .where('seq', '>', argument('after'))
    .orderBy('seq')
    .limit(argument('limit')),
);
const nextChain = statement<{ after: string }, { chain: string }>((db, argument) =>
  db.selectFrom('audit').select('chain').where('chain', '>', argument('after')).orderBy('chain').limit(1),
);
const entryWith = statement<{ chain: string; hash: string }, { seq: number }>((db, argument) =>
  db.selectFrom('audit').select('seq').where('hash', '=', argument('hash')).where('chain', '=', argument('chain')),
);
const followerOf = statement<{ chain: string; hash: string }, { seq: number }>((db, argument) =>
  db
    .selectFrom('audit')
    .select('seq')
    .where('chain', '=', argument('chain'))
    .where('prev_hash', '=', argument('hash'))
    .limit(1),
);

/** At most `limit` entries of a chain after a place in it, oldest first. */
export const entriesAfter = (
  db: Reader,
  chain: string,
  { seq }: Pick<Head, 'seq'>,
  limit = PAGE,
): Promise<AuditRow[]> => pageOf(db, { chain, after: seq, limit });

/** Every chain that has entries. One look each: reading all entries for it would take as long as checking them. */
export async function chainsIn(db: Reader): Promise<string[]> {
  const chains: string[] = [];
  for (;;) {
    const [row] = await nextChain(db, { after: chains.at(-1) ?? '' });
    if (row === undefined) return chains;
    chains.push(row.chain);
  }
}

/** Whether a chain has the entry of this hash, at this place if one is given. */
export async function hasEntry(db: Reader, chain: string, hash: string, seq?: number): Promise<boolean> {
  const [row] = await entryWith(db, { chain, hash });
  return row !== undefined && (seq === undefined || row.seq === seq);
}

/** Whether some entry says that it came after that hash. */
export const hasFollower = async (db: Reader, chain: string, hash: string): Promise<boolean> =>
  (await followerOf(db, { chain, hash })).length > 0;
