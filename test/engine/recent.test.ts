import { expect } from 'chai';
import { Recent } from '../../engine/model/recent';

describe('what is kept for a while', () => {
  it('is as much as was said: the oldest goes first', () => {
    const recent = new Recent<string, number>(2);
    expect(recent.put('a', 1)).to.equal(1);
    recent.put('b', 2);
    recent.put('c', 3);
    expect(['a', 'b', 'c'].map((key) => recent.get(key))).to.deep.equal([undefined, 2, 3]);
    recent.forget('b');
    expect(recent.get('b')).to.equal(undefined);
  });
});
