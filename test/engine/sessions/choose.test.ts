import { expect } from 'chai';
import { type Candidate, chooseInstance, type Named } from '../../../engine/sessions/choose';

const one = (place: string, name: string, changes: Partial<Candidate> = {}): Candidate => ({
  name,
  place,
  production: place !== 'test',
  state: 'serving',
  release: 1,
  keptUntil: null,
  ...changes,
});
const STANDING = [
  one('test', 'shop-t1'),
  one('gray', 'shop-g1'),
  one('production', 'shop-p1'),
  one('production', 'shop-p2'),
  one('production', 'shop-p3', { state: 'kept' }),
];
const choose = (named: Omit<Named, 'app'>, all = STANDING) => {
  const { chosen, number, of } = chooseInstance(all, { app: 'shop', ...named });
  return `${chosen.name} ${number}/${of}`;
};
const refusal = (named: Omit<Named, 'app'>, all = STANDING): string => {
  try {
    return choose(named, all);
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('which instance is meant', () => {
  it('is the first of production when nothing is said', () => expect(choose({})).to.equal('shop-p1 1/3'));
  it('is the first of the place that is named', () => expect(choose({ place: 'test' })).to.equal('shop-t1 1/1'));
  it('is the one with the number', () =>
    expect(choose({ place: 'production', instance: '2' })).to.equal('shop-p2 2/3'));
  it('is the one with the name, wherever it stands', () =>
    expect(choose({ instance: 'shop-g1' })).to.equal('shop-g1 1/1'));
  it('is a failed one only when nothing else stands there', () => {
    const kept = [one('test', 'shop-t1', { state: 'kept' })];
    expect(choose({ place: 'test' }, kept)).to.equal('shop-t1 1/1');
    expect(choose({}, [...kept, one('test', 'shop-t2')])).to.equal('shop-t2 2/2');
  });
  it('is in the first place that has something while production is empty', () => {
    expect(choose({}, STANDING.slice(0, 2))).to.equal('shop-t1 1/1');
  });

  it('is none where nothing stands, or nothing of that number or name', () => {
    expect(refusal({}, [])).to.equal('nothing-stands');
    expect(refusal({ place: 'test' }, STANDING.slice(1))).to.equal('place-empty');
    expect(refusal({ place: 'test', instance: '2' })).to.equal('instance-unknown');
    expect(refusal({ instance: 'other-1' })).to.equal('instance-unknown');
    expect(refusal({ instance: '0' })).to.equal('instance-unknown');
  });
});
