import { z } from 'zod';
import { canonical, sha256 } from '../model/hash';
import type { Anchors } from '../ports/anchors';
import type { Break, Head } from './chain';

type AnchoredHead = Omit<Head, 'seq'>;

/** Stands for the anchors where others name a chain; no app can have this name. */
export const ANCHORS = '(anchors)';

const HASH = z.string().regex(/^[0-9a-f]{64}$/);
const lineShape = z.strictObject({
  format: z.literal(1),
  at: z.int(),
  /** Chains that have grown since the line before, with their heads. */
  heads: z.record(z.string(), z.strictObject({ entries: z.int().min(1), hash: HASH })),
  /** Who confirmed that older records count from here on: what was known before is known no more. */
  restored: z.string().min(1).optional(),
  /** Of the line before; empty in the first. */
  prev: z.union([HASH, z.literal('')]),
  /** Of everything else in this line. */
  hash: HASH,
});
type AnchorLine = z.infer<typeof lineShape>;

/** What the anchors say, read from the first line to the last. */
export interface Anchored {
  lines: number;
  /** Of the last line. */
  hash: string;
  /** Time of the last line; null when there is none. */
  at: number | null;
  /** The newest head of each chain. */
  heads: Map<string, AnchoredHead>;
  /** What an auditor should know: the records were replaced by older ones. */
  remarks: string[];
  /** The file itself is not as it was written. */
  break: Break | null;
}

/** Reads all anchors and checks that they are one chain themselves. Stops at the first line that is not. */
export async function readAnchors(anchors: Anchors): Promise<Anchored> {
  const read: Anchored = { lines: 0, hash: '', at: null, heads: new Map(), remarks: [], break: null };
  for await (const text of anchors.lines()) {
    const line = parseLine(text);
    if (line === undefined || line.prev !== read.hash) {
      const entry = read.lines + 1;
      const says = `anchors, line ${entry} of ${anchors.where}: it was changed, or lines before it are missing`;
      return { ...read, break: { chain: ANCHORS, entry, finding: 'changed', says } };
    }
    add(read, line);
  }
  return read;
}

function add(read: Anchored, line: AnchorLine): void {
  read.lines += 1;
  read.hash = line.hash;
  read.at = line.at;
  if (line.restored !== undefined) {
    const when = new Date(line.at).toISOString();
    read.remarks.push(`${when}: ${line.restored} confirmed restored records; entries after the backup are not in them`);
    read.heads.clear();
  }
  for (const [chain, head] of Object.entries(line.heads)) read.heads.set(chain, head);
}

function parseLine(text: string): AnchorLine | undefined {
  try {
    const read = lineShape.safeParse(JSON.parse(text));
    return read.success && canonical(read.data) === text && hashOfLine(read.data) === read.data.hash
      ? read.data
      : undefined;
  } catch {
    // Half a line, or no JSON: said by whoever reads.
    return undefined;
  }
}

const hashOfLine = ({ hash: _own, ...rest }: AnchorLine): string => sha256(canonical(rest));

/**
 * Appends the heads that are not anchored yet, and notes them in `known`; nothing when there are none.
 * @param known what the file says now
 * @param restored who says that these heads replace what was known
 */
export async function anchor(
  anchors: Anchors,
  known: Anchored,
  heads: ReadonlyMap<string, AnchoredHead>,
  about: { at: number; restored?: string },
): Promise<void> {
  const grown = [...heads].filter(
    ([chain, { hash }]) => about.restored !== undefined || known.heads.get(chain)?.hash !== hash,
  );
  if (grown.length === 0 && about.restored === undefined) return;
  const unsigned = {
    format: 1 as const,
    ...about,
    heads: Object.fromEntries(grown.map(([chain, { entries, hash }]) => [chain, { entries, hash }])),
    prev: known.hash,
  };
  const line: AnchorLine = { ...unsigned, hash: sha256(canonical(unsigned)) };
  await anchors.append(canonical(line));
  add(known, line);
}
