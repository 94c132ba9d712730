import { expect } from 'chai';
import { JoinedWrites } from '../../../engine/store/joined-writes';
import type { Store, Tx } from '../../../engine/store/store';

/** A store whose transactions begin when it is told so. */
class HeldStore {
  private readonly waiting: (() => void)[] = [];
  begun = 0;
  readonly store = {
    write: async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
      this.begun += 1;
      return work({} as Tx);
    },
  } as Pick<Store, 'write'> as Store;

  async begin(): Promise<void> {
    this.waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('writes that wait and concern the same thing', () => {
  let held: HeldStore;
  let written: string[][];
  let bad: string | undefined;
  let joined: JoinedWrites<string, number>;
  beforeEach(() => {
    held = new HeldStore();
    written = [];
    bad = undefined;
    joined = new JoinedWrites(held.store, async (_tx, parts: readonly [string, ...string[]]) => {
      if (parts.some((part) => part === bad)) throw new Error(`${bad} is refused`);
      return written.push([...parts]);
    });
  });

  it('are one, in the order in which they came; another thing has its own', async () => {
    const all = [joined.write('run 1', 'a'), joined.write('run 2', 'x'), joined.write('run 1', 'b')];
    await held.begin();
    await held.begin();
    expect(await Promise.all(all)).to.deep.equal([1, 2, 1]);
    expect(written).to.deep.equal([['a', 'b'], ['x']]);
  });

  it('are two when the first has begun: what it does not write is never taken as written', async () => {
    const first = joined.write('run 1', 'a');
    await held.begin();
    const second = joined.write('run 1', 'b');
    await held.begin();
    expect(await Promise.all([first, second])).to.deep.equal([1, 2]);
    expect(written).to.deep.equal([['a'], ['b']]);
  });

  it('do not fail for each other: after a failure each is tried alone', async () => {
    bad = 'b';
    const all = Promise.allSettled(['a', 'b', 'c'].map((part) => joined.write('run 1', part)));
    for (let i = 0; i < 4; i++) await held.begin();
    const ended = await all;
    expect(ended.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
    expect(written).to.deep.equal([['a'], ['c']]);
    expect(held.begun).to.equal(4);
  });
});
