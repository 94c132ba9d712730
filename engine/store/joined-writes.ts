import type { Store, Tx } from './store';

/** What several callers want written of the same thing, each its own part. */
interface Waiting<Part, Answer> {
  parts: [Part, ...Part[]];
  answer: Promise<Answer>;
}

/**
 * Writes that wait for a transaction and concern the same thing become one: it is read and written once for all of them,
 * in the order in which they came. When that fails, each is tried alone, so that nobody fails for another's part.
 */
export class JoinedWrites<Part, Answer> {
  private readonly waiting = new Map<string, Waiting<Part, Answer>>();

  /** @param work writes all parts; called with the last of `parts` known when the transaction begins */
  constructor(
    private readonly store: Store,
    private readonly work: (tx: Tx, parts: readonly [Part, ...Part[]]) => Promise<Answer>,
  ) {}

  async write(key: string, part: Part): Promise<Answer> {
    const joined = this.join(key, part);
    try {
      return await joined.answer;
    } catch (error) {
      if (joined.parts.length === 1) throw error;
      return this.store.write((tx) => this.work(tx, [part]));
    }
  }

  private join(key: string, part: Part): Waiting<Part, Answer> {
    const known = this.waiting.get(key);
    if (known !== undefined) {
      known.parts.push(part);
      return known;
    }
    const parts: [Part, ...Part[]] = [part];
    const begin = (): void => {
      if (this.waiting.get(key)?.parts === parts) this.waiting.delete(key);
    };
    const answer = this.store
      .write((tx) => {
        begin();
        return this.work(tx, parts);
      })
      .finally(begin);
    const waiting = { parts, answer };
    this.waiting.set(key, waiting);
    return waiting;
  }
}
