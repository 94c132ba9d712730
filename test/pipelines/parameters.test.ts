import { expect } from 'chai';
import fc from 'fast-check';
import { checkParameters, parameterVariables } from '../../pipelines/parameters';
import type { ParameterSpec } from '../../pipelines/types';

const REGION: ParameterSpec = { name: 'region', about: '', type: 'choice', of: ['eu', 'us'], default: null };
const ROUNDS: ParameterSpec = { name: 'rounds', about: '', type: 'number', min: 1, max: 5, default: 3 };
const DRY: ParameterSpec = { name: 'dry-run', about: '', type: 'boolean', default: false };
const NOTE: ParameterSpec = { name: 'note', about: '', type: 'text', max: 10, default: null };
const ALL = [REGION, ROUNDS, DRY, NOTE];
const GOOD = { region: 'eu', note: 'hello' };

const problemsOf = (given: Record<string, unknown>): string[] => {
  const checked = checkParameters(ALL, given);
  return 'problems' in checked ? checked.problems : [];
};

describe('the parameters of a run', () => {
  it('are taken as texts, with defaults for what was not given', () => {
    expect(checkParameters(ALL, GOOD)).to.deep.equal({
      values: { region: 'eu', rounds: '3', 'dry-run': 'false', note: 'hello' },
    });
    expect(checkParameters(ALL, { ...GOOD, rounds: 2.5, 'dry-run': true })).to.deep.equal({
      values: { region: 'eu', rounds: '2.5', 'dry-run': 'true', note: 'hello' },
    });
  });

  it('are all told at once when they are wrong', () => {
    expect(problemsOf({ rounds: 9, 'dry-run': 'yes' })).to.deep.equal([
      'the parameter region is missing: it is one of eu, us',
      'the parameter rounds is "9", and it must be a number from 1 to 5',
      'the parameter dry-run is "yes", and it must be true or false',
      'the parameter note is missing: it is one line of at most 10 characters',
    ]);
  });

  it('are told with the nearest name', () => {
    expect(problemsOf({ ...GOOD, regoin: 'eu' })).to.deep.equal([
      'there is no parameter "regoin": did you mean "region"?',
    ]);
    expect(problemsOf({ ...GOOD, quantity: 1 })[0]).to.equal(
      'there is no parameter "quantity": there are region, rounds, dry-run, note',
    );
    const [problem] = problemsOf({ ...GOOD, region: 'uss' });
    expect(problem).to.equal('the parameter region is "uss", and it must be one of eu, us: did you mean "us"?');
  });

  const bad: [string, Record<string, unknown>][] = [
    ['a number in words', { rounds: 'three' }],
    ['a number that only JavaScript reads', { rounds: '0x2' }],
    ['a number with blanks', { rounds: ' 2 ' }],
    ['no number at all', { rounds: Number.NaN }],
    ['two lines', { note: 'a\nb' }],
    ['a NUL', { note: 'a\0' }],
    ['a text that is too long', { note: 'x'.repeat(11) }],
    ['a list', { region: ['eu'] }],
    ['nothing', { note: '' }],
    ['what every object has', { constructor: 'x' }],
  ];
  for (const [what, given] of bad) {
    it(`are not ${what}`, () => expect(problemsOf({ ...GOOD, ...given })).to.have.length(1));
  }

  it('are variables with a prefix that no pipeline may use', () => {
    expect(parameterVariables({ region: 'eu', 'dry-run': 'true' })).to.deep.equal({
      GANTRY_PARAMETER_REGION: 'eu',
      GANTRY_PARAMETER_DRY_RUN: 'true',
    });
  });

  it('never let through what does not fit, whatever is given', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.anything()), fc.anything(), fc.anything(), (more, region, note) => {
        const checked = checkParameters(ALL, { ...more, region, note });
        if ('problems' in checked) return;
        expect(checked.values).to.have.all.keys('region', 'rounds', 'dry-run', 'note');
        expect(['eu', 'us']).to.include(checked.values.region);
        expect(checked.values.note).to.match(/^[^\p{Cc}]{1,10}$/u);
      }),
    );
  });
});
