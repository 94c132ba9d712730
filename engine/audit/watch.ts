import type { EngineParts } from '../parts';
import type { Anchors } from '../ports/anchors';
import { ANCHORS, type Anchored, anchor, readAnchors } from './anchors';
import { type Break, cutAfter, type Head, START } from './chain';
import { chainsIn, hasEntry, PAGE } from './read';
import { missingAnchor, walk } from './verify';
import { noteWatched } from './watched';

/** How often a turn is made, ms. */
export const WATCH_MS = 5_000;
/** All entries are checked again this often, ms, … */
const PASS_MS = 30_000;
/** … in so many turns: a change of an old entry is found within PASS_MS and that. */
const TURNS_PER_PASS = 4;
/** Entries of one turn at most, new and old ones each: with more than four times that, a pass takes longer. */
const ROWS_PER_TURN = 50_000;
/** Heads are anchored this long after they were seen, at most, ms. */
const ANCHOR_MS = 20_000;

interface Place {
  /** Everything up to here was checked by this process. */
  front: Head;
  /** It was the newest entry, and what is anchored lies before it. */
  isWhole: boolean;
  /** Where the present pass over all of it has arrived. */
  back: Head;
}

const nowhere = (): Place => ({ front: START, isWhole: false, back: START });

/** Entries that may still be checked in this turn. */
interface Share {
  fresh: number;
  old: number;
}

type Parts = Pick<EngineParts, 'store' | 'clock' | 'log'>;

/**
 * Checks the audit all the time, a part of it in each turn: new entries at once, old ones again and again. What was
 * checked is anchored outside. Lives in one process at a time; whoever takes over begins with the anchors.
 */
export class AuditWatch {
  private readonly places = new Map<string, Place>();
  private readonly breaks = new Map<string, Break>();
  private anchored: Anchored | undefined;
  private anchorBytes = 0;
  private passBegan: number;
  private isPassing = true;
  private passedAt: number | null = null;
  private passMs: number | null = null;
  private told = '';

  constructor(
    private readonly parts: Parts,
    private readonly anchors: Anchors,
  ) {
    this.passBegan = parts.clock.now();
  }

  async turn(): Promise<void> {
    const anchored = await this.knownAnchors();
    const chains = new Set([
      ...(await chainsIn(this.parts.store.read)),
      ...anchored.heads.keys(),
      ...this.places.keys(),
    ]);
    this.beginPass();
    const share = { fresh: ROWS_PER_TURN, old: this.oldPerTurn() };
    let isPassed = true;
    for (const chain of [...chains].sort()) isPassed = (await this.checkChain(chain, anchored, share)) && isPassed;
    if (isPassed && this.isPassing) this.endPass();
    await this.tell();
    if (this.breaks.size === 0 && isPassed) await this.anchorHeads(anchored);
  }

  /** Somebody else watches from now on: nothing that is remembered counts any more. */
  rest(): void {
    this.places.clear();
    this.breaks.clear();
    this.anchored = undefined;
    this.passedAt = null;
    this.isPassing = true;
    this.passBegan = this.parts.clock.now();
  }

  private get entries(): number {
    return [...this.places.values()].reduce((sum, { front }) => sum + front.entries, 0);
  }

  private oldPerTurn(): number {
    return Math.min(ROWS_PER_TURN, Math.max(PAGE, Math.ceil(this.entries / TURNS_PER_PASS)));
  }

  private async knownAnchors(): Promise<Anchored> {
    const bytes = await this.anchors.size();
    if (this.anchored === undefined || bytes !== this.anchorBytes) {
      if (bytes < this.anchorBytes && this.anchored !== undefined) {
        const says = `anchors: ${this.anchors.where} has become shorter, and nothing ever takes lines away`;
        this.breaks.set(ANCHORS, { chain: ANCHORS, entry: 1, finding: 'cut', says });
        return this.anchored;
      }
      this.anchored = await readAnchors(this.anchors);
      this.anchorBytes = bytes;
    }
    if (this.anchored.break === null) this.breaks.delete(ANCHORS);
    else this.breaks.set(ANCHORS, this.anchored.break);
    return this.anchored;
  }

  /** @returns whether this chain is through with the present pass */
  private async checkChain(chain: string, anchored: Anchored, share: Share): Promise<boolean> {
    const place = this.places.get(chain) ?? nowhere();
    this.places.set(chain, place);
    const found = (await this.lookAtHead(chain, place)) ?? (await this.goOn(chain, place, anchored, share));
    const isThrough = place.isWhole && place.back.seq >= place.front.seq;
    if (found === null) {
      if (isThrough) this.breaks.delete(chain);
      return isThrough;
    }
    this.breaks.set(chain, found);
    // What was there is known only here, and must outlive this process.
    if (place.isWhole && !this.breaks.has(ANCHORS)) await this.anchorNow(anchored, new Map([[chain, place.front]]));
    // From the beginning next time: whoever mends it wants to see the alarm end.
    this.places.set(chain, nowhere());
    return true;
  }

  /** What was the newest entry must still be there. */
  private async lookAtHead(chain: string, { front }: Place): Promise<Break | null> {
    if (front.seq === 0 || (await hasEntry(this.parts.store.read, chain, front.hash, front.seq))) return null;
    const { break: first, head } = await this.walkAll(chain);
    return first ?? cutAfter(chain, head, front.entries);
  }

  private async walkAll(chain: string): Promise<{ head: Head; break: Break | null }> {
    let walked = await walk(this.parts.store.read, chain, START, PAGE);
    while (!walked.end) walked = await walk(this.parts.store.read, chain, walked.head, PAGE);
    return walked;
  }

  private async goOn(chain: string, place: Place, anchored: Anchored, share: Share): Promise<Break | null> {
    return (await this.checkNew(chain, place, anchored, share)) ?? (await this.checkOld(chain, place, share));
  }

  private async checkNew(chain: string, place: Place, anchored: Anchored, share: Share): Promise<Break | null> {
    const { read } = this.parts.store;
    while (share.fresh > 0) {
      const walked = await walk(read, chain, place.front, PAGE);
      share.fresh -= walked.head.entries - place.front.entries;
      place.front = walked.head;
      if (walked.break !== null) return walked.break;
      if (!walked.end) continue;
      const known = anchored.heads.get(chain);
      const missing = known === undefined ? null : await missingAnchor(read, chain, place.front, known);
      place.isWhole = missing === null;
      return missing;
    }
    return null;
  }

  private async checkOld(chain: string, place: Place, share: Share): Promise<Break | null> {
    while (place.back.seq < place.front.seq && share.old > 0) {
      const walked = await walk(this.parts.store.read, chain, place.back, PAGE);
      if (walked.break !== null) return walked.break;
      // Nothing is left although the newest entry is there: it goes under another number now.
      if (walked.head.entries === place.back.entries) return cutAfter(chain, place.back, place.front.entries);
      share.old -= walked.head.entries - place.back.entries;
      place.back = walked.head;
    }
    return null;
  }

  private beginPass(): void {
    const now = this.parts.clock.now();
    if (this.isPassing || now - this.passBegan < PASS_MS) return;
    this.isPassing = true;
    this.passBegan = now;
    for (const place of this.places.values()) place.back = START;
  }

  private endPass(): void {
    this.isPassing = false;
    this.passedAt = this.parts.clock.now();
    this.passMs = this.passedAt - this.passBegan;
  }

  private async anchorHeads(anchored: Anchored): Promise<void> {
    if (this.parts.clock.now() - (anchored.at ?? 0) < ANCHOR_MS) return;
    await this.anchorNow(anchored, new Map([...this.places].map(([chain, { front }]) => [chain, front])));
  }

  private async anchorNow(anchored: Anchored, heads: ReadonlyMap<string, Head>): Promise<void> {
    // Somebody else has written there since it was read, so he watches now: after his lines, ours would break the chain.
    if ((await this.anchors.size()) !== this.anchorBytes) return;
    // An anchor of what a power cut takes back would be an alarm for good.
    await this.parts.store.settled();
    await anchor(this.anchors, anchored, heads, { at: this.parts.clock.now() });
    this.anchorBytes = await this.anchors.size();
  }

  /** Writes what was found, when it is news: an alarm is seen by every web process, and said once in the log. */
  private async tell(): Promise<void> {
    const breaks = [...this.breaks.values()];
    const news = JSON.stringify([this.passedAt, breaks.map(({ says }) => says)]);
    if (news === this.told) return;
    for (const { says } of breaks) {
      if (!this.told.includes(JSON.stringify(says))) this.parts.log.error({ loop: 'audit' }, `audit broken: ${says}`);
    }
    this.told = news;
    const { passedAt, passMs, entries } = this;
    await noteWatched(this.parts, { passedAt, passMs, entries, anchoredAt: this.anchored?.at ?? null, breaks });
  }
}
