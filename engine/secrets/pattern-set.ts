const ROOT = 0;
const NONE = -1;

/**
 * Aho-Corasick: many byte patterns are looked for in one pass. A state stands for the longest end of what was read that
 * one of the patterns begins with. Children are kept in lists, since nearly every state has one; the root has a table.
 */
export class PatternSet {
  private readonly root = new Int32Array(256).fill(NONE);
  private bytes = new Uint8Array(1_024);
  private child = new Int32Array(1_024).fill(NONE);
  private sibling = new Int32Array(1_024).fill(NONE);
  private fail = new Int32Array(1_024);
  private depths = new Uint16Array(1_024);
  private longest = new Uint16Array(1_024);
  private size = 1;

  /** @param patterns none longer than 65,535 bytes; empty ones are left out */
  constructor(patterns: Iterable<Uint8Array>) {
    for (const pattern of patterns) this.add(pattern);
    this.link();
  }

  /** The state after one more byte. */
  next(state: number, byte: number): number {
    for (let at = state; at !== ROOT; at = this.fail[at] as number) {
      const found = this.childOf(at, byte);
      if (found !== NONE) return found;
    }
    const found = this.root[byte] as number;
    return found === NONE ? ROOT : found;
  }

  /** Bytes at the end of what was read with which a pattern may have begun that has not ended yet. */
  depth(state: number): number {
    return this.depths[state] as number;
  }

  /** Length of the longest pattern that has just ended; 0 when none has. */
  ended(state: number): number {
    return this.longest[state] as number;
  }

  private childOf(state: number, byte: number): number {
    if (state === ROOT) return this.root[byte] as number;
    let found = this.child[state] as number;
    while (found !== NONE && this.bytes[found] !== byte) found = this.sibling[found] as number;
    return found;
  }

  private add(pattern: Uint8Array): void {
    let state = ROOT;
    for (const byte of pattern) {
      const known = this.childOf(state, byte);
      state = known === NONE ? this.grow(state, byte) : known;
    }
    if (state !== ROOT) this.longest[state] = pattern.length;
  }

  private grow(parent: number, byte: number): number {
    const made = this.size++;
    if (made >= this.bytes.length) this.enlarge();
    this.bytes[made] = byte;
    this.depths[made] = (this.depths[parent] as number) + 1;
    if (parent === ROOT) this.root[byte] = made;
    else {
      this.sibling[made] = this.child[parent] as number;
      this.child[parent] = made;
    }
    return made;
  }

  private enlarge(): void {
    const room = this.bytes.length * 2;
    const larger = <T extends Uint8Array | Uint16Array | Int32Array>(old: T, made: T): T => {
      made.set(old);
      return made;
    };
    this.bytes = larger(this.bytes, new Uint8Array(room));
    this.child = larger(this.child, new Int32Array(room).fill(NONE));
    this.sibling = larger(this.sibling, new Int32Array(room).fill(NONE));
    this.fail = larger(this.fail, new Int32Array(room));
    this.depths = larger(this.depths, new Uint16Array(room));
    this.longest = larger(this.longest, new Uint16Array(room));
  }

  /** Where to go on when no child fits: breadth first, since it leads to a state that is less deep. */
  private link(): void {
    const queue = new Int32Array(this.size);
    let end = 0;
    for (const state of this.root) if (state !== NONE) queue[end++] = state;
    for (let at = 0; at < end; at++) {
      const state = queue[at] as number;
      // Nothing goes on from here but what goes on from there.
      if (this.child[state] === NONE) this.depths[state] = this.depths[this.fail[state] as number] as number;
      if (this.longest[state] === 0) this.longest[state] = this.longest[this.fail[state] as number] as number;
      for (let child = this.child[state] as number; child !== NONE; child = this.sibling[child] as number) {
        this.fail[child] = this.next(this.fail[state] as number, this.bytes[child] as number);
        queue[end++] = child;
      }
    }
  }
}
