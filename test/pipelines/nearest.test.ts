import { expect } from 'chai';
import { editDistance, nearest } from '../../pipelines/nearest';

describe('the nearest word', () => {
  it('is the one a person most likely meant', () => {
    expect(nearest('whitin', ['path', 'status', 'within'])).to.equal('within');
    expect(nearest('Port', ['port', 'sport'])).to.equal('port');
  });

  it('is nobody when nothing is near', () => {
    expect(nearest('banana', ['path', 'status'])).to.equal(null);
    expect(nearest('x'.repeat(100), ['x'])).to.equal(null);
  });

  it('counts a swap of neighbours as one mistake', () => {
    expect(editDistance('gary', 'gray')).to.equal(1);
    expect(editDistance('', 'abc')).to.equal(3);
  });
});
