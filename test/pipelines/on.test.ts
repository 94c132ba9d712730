import { expect } from 'chai';
import { check, IMAGE } from './support/texts';

const withOn = (on: string) => check(`${IMAGE}on: ${on}\n`, { solo: true });
const problemOf = (on: string) => {
  const checked = withOn(on);
  if (checked.ok) throw new Error('nothing was refused');
  return checked.problems[0];
};

describe('what starts a run, in gantry.yml', () => {
  it('is read with its defaults', () => {
    const checked = withOn(
      '{ requests: true, schedule: [{ cron: "0 3 * * 1-5" }], released: [{ app: ledger }], ' +
        'manual: { parameters: { dry: boolean, env: { type: number, min: 1, max: 4 } } } }',
    );
    if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
    expect(checked.spec.on).to.deep.include({
      requests: true,
      schedule: [{ cron: '0 3 * * 1-5', zone: 'UTC', ref: null }],
      released: [{ app: 'ledger', stage: 'production' }],
      manual: {
        parameters: [
          { name: 'dry', about: '', type: 'boolean', default: false },
          { name: 'env', about: '', type: 'number', min: 1, max: 4, default: null },
        ],
      },
    });
  });

  const parameter = (text: string): string => `{ manual: { parameters: { n: ${text} } } }`;
  const cases: [string, string, Record<string, unknown>, RegExp][] = [
    ['a type that is none', parameter('chioce'), { code: 'bad-value' }, /did you mean choice/],
    ['a choice of nothing', parameter('choice'), { code: 'missing-key' }, /of is missing/],
    [
      'a key of another type',
      parameter('{ type: text, of: [a] }'),
      { path: 'on.manual.parameters.n.of' },
      /no such key/,
    ],
    ['a range that is empty', parameter('{ type: number, min: 3, max: 1 }'), { code: 'bad-value' }, /from 3 on/],
    ['a default that does not fit', parameter('{ type: choice, of: [a, b], default: c }'), {}, /one of a, b/],
    ['a text without end', parameter('{ type: text, max: 1000000 }'), {}, /from 1 to 4096/],
    ['a name in capitals', '{ manual: { parameters: { N: text } } }', { code: 'bad-name' }, /found "N"/],
    ['too many parameters', `{ manual: { parameters: { ${manyNames(21)} } } }`, {}, /at most 20/],
    ['a time that never comes', '{ schedule: [{ cron: "0 0 30 2 *" }] }', { code: 'bad-value' }, /never comes/],
    ['six fields', '{ schedule: [{ cron: "* * * * * *" }] }', { code: 'bad-value' }, /five fields/],
    ['a nickname', '{ schedule: [{ cron: "@daily" }] }', { code: 'bad-value' }, /five fields/],
    ['a zone that is none', '{ schedule: [{ cron: "0 3 * * *", zone: Berlin }] }', {}, /Europe\/Berlin/],
    [
      'a branch that is not wanted',
      '{ schedule: [{ cron: "0 3 * * *", ref: mian }] }',
      { nearest: 'main' },
      /on.branches/,
    ],
    [
      'one schedule twice',
      '{ schedule: [{ cron: "0 3 * * *" }, { cron: "0 3 * * *", zone: UTC }] }',
      { code: 'schedule-twice' },
      /twice/,
    ],
    ['its own releases', '{ released: [{ app: storefront }] }', { code: 'released-itself' }, /without end/],
  ];
  for (const [what, on, expected, words] of cases) {
    it(`is refused with ${what}`, () => {
      const problem = problemOf(on);
      expect(problem).to.include(expected);
      expect(problem?.message).to.match(words);
    });
  }
});

function manyNames(count: number): string {
  return Array.from({ length: count }, (_, index) => `n${index}: text`).join(', ');
}
