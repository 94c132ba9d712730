import type { EngineParts } from '../parts';
import type { Anchors } from '../ports/anchors';
import type { Reader } from '../store/store';
import { type Anchored, readAnchors } from './anchors';
import { type Break, breakAfter, cutAfter, follow, type Head, START } from './chain';
import { chainsIn, entriesAfter, hasEntry, hasFollower, PAGE } from './read';

export interface Verdict {
  ok: boolean;
  /** Entries that are as they were written, up to the first break of each chain. */
  entries: number;
  chains: { chain: string; entries: number; hash: string }[];
  /** The first break of each chain; of the anchors themselves, too. */
  breaks: Break[];
  /** Null when none were asked for. */
  anchors: { where: string; lines: number; at: number | null } | null;
  /** What an auditor should know although nothing is wrong. */
  remarks: string[];
}

/** What is checked against what. */
export interface VerifyAsked {
  /** Only this chain: an app's name, or `system`. */
  chain?: string;
  anchors?: Anchors;
}

/** Checks every entry, and that what was anchored outside is still there. Changes nothing. */
export async function verifyAudit({ store }: Pick<EngineParts, 'store'>, asked: VerifyAsked): Promise<Verdict> {
  const heads = new Map<string, Head>();
  const breaks: Break[] = [];
  const anchored = asked.anchors === undefined ? undefined : await readAnchors(asked.anchors);
  const chains = new Set([...(await chainsIn(store.read)), ...(anchored?.heads.keys() ?? [])]);
  for (const chain of [...chains].sort()) {
    if (asked.chain !== undefined && chain !== asked.chain) continue;
    const walked = await walkChain(store.read, chain, anchored);
    heads.set(chain, walked.head);
    if (walked.break !== null) breaks.push(walked.break);
  }
  return verdictOf(heads, breaks, asked.anchors, anchored);
}

export function verdictOf(
  heads: ReadonlyMap<string, Head>,
  breaks: readonly Break[],
  anchors: Anchors | undefined,
  anchored: Anchored | undefined,
): Verdict {
  const all = anchored?.break ? [...breaks, anchored.break] : [...breaks];
  return {
    ok: all.length === 0,
    entries: [...heads.values()].reduce((sum, head) => sum + head.entries, 0),
    chains: [...heads].map(([chain, { entries, hash }]) => ({ chain, entries, hash })),
    breaks: all,
    anchors: anchors === undefined || anchored === undefined ? null : { where: anchors.where, ...linesOf(anchored) },
    remarks: anchored?.remarks ?? [],
  };
}

const linesOf = ({ lines, at }: Anchored) => ({ lines, at });

/** The whole of one chain, and its anchored head. */
async function walkChain(
  db: Reader,
  chain: string,
  anchored: Anchored | undefined,
): Promise<{ head: Head; break: Break | null }> {
  let place: Walked = { head: START, break: null, end: false };
  while (!place.end) {
    place = await walk(db, chain, place.head, PAGE);
    // Between two pages others have their turn: a web process answers requests meanwhile.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const known = anchored?.heads.get(chain);
  if (place.break !== null || known === undefined) return place;
  return { head: place.head, break: await missingAnchor(db, chain, place.head, known) };
}

/** Where somebody has arrived in a chain. */
export interface Walked {
  head: Head;
  break: Break | null;
  /** There is nothing after it, or nothing that can be believed. */
  end: boolean;
}

/** Checks at most `limit` entries after `head`. */
export async function walk(db: Reader, chain: string, from: Head, limit: number): Promise<Walked> {
  const rows = await entriesAfter(db, chain, from, limit);
  let head = from;
  for (const row of rows) {
    const step = follow(head, row);
    if ('wrong' in step) return { head, break: await nameBreak(db, chain, head, step.wrong), end: true };
    head = step.head;
  }
  return { head, break: null, end: rows.length < limit };
}

/** Whether the entry that should stand here is somewhere else, or nowhere. */
async function nameBreak(db: Reader, chain: string, head: Head, wrong: 'changed' | 'order'): Promise<Break> {
  if (wrong === 'changed') return breakAfter(chain, head, 'changed');
  return breakAfter(chain, head, (await hasFollower(db, chain, head.hash)) ? 'swapped' : 'deleted');
}

/** A hash stands for everything before it: when the anchored entry is there, so is its whole past. */
export async function missingAnchor(
  db: Reader,
  chain: string,
  head: Head,
  known: Pick<Head, 'entries' | 'hash'>,
): Promise<Break | null> {
  if (head.entries < known.entries) return cutAfter(chain, head, known.entries);
  if (await hasEntry(db, chain, known.hash)) return null;
  return rewritten(chain, head, known);
}

/** Nothing is missing, and yet it is not what was anchored. */
export function rewritten(chain: string, head: Head, known: Pick<Head, 'entries'>): Break {
  const before = { ...head, entries: known.entries - 1 };
  return breakAfter(
    chain,
    before,
    'changed',
    'its anchor says otherwise, so this entry or one before it was rewritten',
  );
}
