import { createHash, type Hash } from 'node:crypto';
import { z } from 'zod';
import { GantryError } from '../model/errors';
import { canonical } from '../model/hash';
import type { Anchors } from '../ports/anchors';
import { type Anchored, readAnchors } from './anchors';
import {
  type AuditRow,
  type Break,
  breakAfter,
  cutAfter,
  FINDINGS,
  type Finding,
  follow,
  type Head,
  START,
} from './chain';
import { EXPORT_FORMAT } from './export';
import { rewritten, type Verdict, verdictOf } from './verify';

const head = z.strictObject({ entries: z.int().min(0), hash: z.string(), seq: z.int().min(0) });
const begin = z.strictObject({
  gantry: z.literal('audit'),
  format: z.literal(EXPORT_FORMAT),
  madeAt: z.int(),
  from: z.record(z.string(), head),
});
const entry = z.strictObject({
  entry: z.int().min(1),
  seq: z.int().min(1),
  chain: z.string(),
  at: z.int(),
  actor: z.string(),
  action: z.string(),
  object: z.string(),
  detail: z.string(),
  prev: z.string(),
  hash: z.string(),
});
const end = z.strictObject({
  gantry: z.literal('audit-end'),
  entries: z.int().min(0),
  heads: z.record(z.string(), head),
  sha256: z.string(),
});

/**
 * Checks an export without any Gantry: every entry, the order of each chain, that nothing is missing at its end, and
 * every byte of the file.
 * @param lines without their ends
 * @throws GantryError `no-export` when there is none
 */
export async function verifyExport(lines: AsyncIterable<Buffer>, anchors?: Anchors, chain?: string): Promise<Verdict> {
  const file = new ExportReader(anchors === undefined ? undefined : await readAnchors(anchors));
  for await (const line of lines) file.read(line);
  return file.verdict(anchors, chain);
}

/** Stands for the file as a whole where others name a chain; no app can have this name. */
const FILE = '(file)';

/** What was read of an export until now. */
class ExportReader {
  private readonly sum: Hash = createHash('sha256');
  private readonly heads = new Map<string, Head>();
  private readonly breaks = new Map<string, Break>();
  /** Of chains that broke: the hash that an entry further on may name. */
  private readonly awaited = new Map<string, string>();
  private readonly passed = new Map<string, string>();
  private lines = 0;
  private entries = 0;
  private ended: z.infer<typeof end> | undefined;

  constructor(private readonly anchored: Anchored | undefined) {}

  read(bytes: Buffer): void {
    this.lines += 1;
    const document = parse(bytes);
    const last = end.safeParse(document);
    if (this.lines === 1) this.begin(bytes, document);
    else if (this.ended !== undefined) this.wrong(FILE, 'unreadable', `line ${this.lines}, after the end`);
    else if (last.success) this.end(last.data);
    else this.entry(bytes, document);
  }

  private begin(bytes: Buffer, document: unknown): void {
    const first = begin.safeParse(document);
    if (first.success) {
      for (const [chain, from] of Object.entries(first.data.from)) this.heads.set(chain, from);
    } else this.wrong(FILE, 'unreadable', 'line 1');
    this.add(bytes);
  }

  private entry(bytes: Buffer, document: unknown): void {
    this.add(bytes);
    this.entries += 1;
    const read = entry.safeParse(document);
    if (!read.success) {
      this.wrong(FILE, 'unreadable', `line ${this.lines}`);
      return;
    }
    const { prev, entry: number, ...rest } = read.data;
    const row: AuditRow = { ...rest, prev_hash: prev };
    if (this.breaks.has(row.chain)) this.lookForOrder(row);
    else this.follow(row, number);
  }

  private follow(row: AuditRow, number: number): void {
    const { chain } = row;
    const at = this.heads.get(chain) ?? START;
    const step = follow(at, row);
    if ('wrong' in step) {
      this.awaited.set(chain, at.hash);
      this.breaks.set(chain, breakAfter(chain, at, step.wrong === 'changed' ? 'changed' : 'deleted'));
    } else if (number !== step.head.entries) {
      this.wrong(chain, 'changed', `line ${this.lines} has a wrong number`, at);
    } else {
      this.heads.set(chain, step.head);
      if (this.anchored?.heads.get(chain)?.entries === number) this.passed.set(chain, row.hash);
    }
  }

  /** The entry that was missed stands further on: it was swapped, and not deleted. */
  private lookForOrder(row: AuditRow): void {
    const found = this.breaks.get(row.chain);
    if (found?.finding !== 'deleted' || row.prev_hash !== this.awaited.get(row.chain)) return;
    this.breaks.set(row.chain, {
      ...found,
      finding: 'swapped',
      says: found.says.replace(FINDINGS.deleted, FINDINGS.swapped),
    });
  }

  private end(document: z.infer<typeof end>): void {
    this.ended = document;
    for (const chain of new Set([...this.heads.keys(), ...Object.keys(document.heads)])) {
      const seen = this.heads.get(chain) ?? START;
      const told = document.heads[chain] ?? START;
      if (this.breaks.has(chain) || canonical(seen) === canonical(told)) continue;
      if (seen.entries < told.entries) this.breaks.set(chain, cutAfter(chain, seen, told.entries));
      else this.wrong(chain, 'changed', 'the last line of the file says otherwise', seen);
    }
    const isWhole = this.sum.digest('hex') === document.sha256 && document.entries === this.entries;
    if (!isWhole && this.breaks.size === 0)
      this.wrong(FILE, 'changed', 'its bytes do not have the sum of its last line');
  }

  verdict(anchors: Anchors | undefined, chain: string | undefined): Verdict {
    if (this.lines === 0) {
      throw new GantryError('invalid', 'no-export', 'the file is empty', 'make an export: gantry audit export');
    }
    if (this.ended === undefined) this.wrong(FILE, 'cut', 'its last line is missing');
    for (const [name, known] of this.anchored?.heads ?? []) this.compare(name, known);
    const asked = ([name]: [string, unknown]): boolean => chain === undefined || name === chain || name === FILE;
    const breaks = [...this.breaks].filter(asked).map(([, found]) => found);
    return verdictOf(new Map([...this.heads].filter(asked)), breaks, anchors, this.anchored);
  }

  /** A chain that is not in the export was not asked for. */
  private compare(chain: string, known: Omit<Head, 'seq'>): void {
    const seen = this.heads.get(chain);
    if (seen === undefined || this.breaks.has(chain)) return;
    if (seen.entries < known.entries) this.breaks.set(chain, cutAfter(chain, seen, known.entries));
    const hash = seen.entries === known.entries ? seen.hash : this.passed.get(chain);
    if (hash !== undefined && hash !== known.hash) this.breaks.set(chain, rewritten(chain, seen, known));
  }

  private add(bytes: Buffer): void {
    this.sum.update(bytes);
    this.sum.update('\n');
  }

  /** Only the first of a chain counts. */
  private wrong(chain: string, finding: Finding, more: string, at: Head = START): void {
    if (!this.breaks.has(chain)) this.breaks.set(chain, breakAfter(chain, at, finding, more));
  }
}

/** Only what Gantry itself would have written, byte by byte. */
function parse(bytes: Buffer): unknown {
  try {
    const document: unknown = JSON.parse(bytes.toString('utf8'));
    return Buffer.from(canonical(document)).equals(bytes) ? document : undefined;
  } catch {
    // No JSON at all; whoever asked says where.
    return undefined;
  }
}
