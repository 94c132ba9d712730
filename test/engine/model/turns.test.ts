import { expect } from 'chai';
import { Turns } from '../../../engine/model/turns';

describe('bodies of webhooks', () => {
  it('are read a few at a time, in the order in which they came, also when one breaks off [F46]', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const takes = [0, 1, 2, 3].map((i) =>
      turns.take(async () => {
        begun.push(i);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (i === 0) throw new Error('broken off');
      }),
    );
    const first = takes[0]?.catch((error: Error) => error.message);
    expect(begun).to.deep.equal([0, 1]);
    ends[0]?.();
    expect(await first).to.equal('broken off');
    expect(begun).to.deep.equal([0, 1, 2]);
    ends[1]?.();
    ends[2]?.();
    await Promise.all([takes[1], takes[2]]);
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    ends[3]?.();
    await takes[3];
    await turns.take(async () => void begun.push(4));
    expect(begun.at(-1)).to.equal(4);
  });
});
