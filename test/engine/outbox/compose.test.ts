import { expect } from 'chai';
import { compose, type RunHappened } from '../../../engine/outbox/compose';

const run: RunHappened['run'] = {
  number: 12,
  trigger: 'push',
  ref: 'refs/heads/main',
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  title: 'mend the till',
  author: 'ada',
  release: 4,
};
const told = (type: RunHappened['type'], data: RunHappened['data'], change: Partial<RunHappened['run']> = {}) =>
  compose({ type, data, at: 7, app: 'shop', run: { ...run, ...change } }, 'http://g/apps/shop/runs/12');

describe('what people are told', () => {
  const cases: [string, ReturnType<typeof told>, string][] = [
    ['failed', told('run', { state: 'failed', reason: 'verify failed' }), 'shop #12 has failed'],
    ['approval', told('approval', { state: 'requested', step: 'gray/approve' }), 'shop #12 waits for approval'],
    ['rejected', told('approval', { state: 'rejected', step: 'x', user: 'eve' }), 'shop #12 was rejected'],
    [
      'emergency',
      told('approval', { state: 'granted', step: 'gray/approve', user: 'eve', brokeGlass: 'the tills stand still' }),
      'shop #12: eve has opened gray/approve in an emergency',
    ],
    ['gray', told('step', { step: 'gray/share', state: 'succeeded' }), 'shop release 4 meets gray users (#12)'],
    [
      'released',
      told('step', { step: 'production/promote', state: 'succeeded' }),
      'shop release 4 is in production (#12)',
    ],
    [
      'rolled-back',
      told('run', { state: 'succeeded' }, { trigger: 'rollback', release: 3 }),
      'shop is back at release 3 (#12)',
    ],
  ];
  for (const [kind, message, title] of cases) {
    it(`is ${kind}: ${title}`, () => {
      expect(message).to.include({ kind, title, app: 'shop', run: 12, link: 'http://g/apps/shop/runs/12', at: 7 });
      expect(message?.lines.at(-1)).to.equal('abcdef012345 main: mend the till (ada)');
    });
  }

  it('is not every step, nor half an approval, nor an undo', () => {
    expect(told('step', { step: 'production/deliver', state: 'succeeded' })).to.equal(null);
    expect(told('step', { step: 'production/promote', state: 'running' })).to.equal(null);
    expect(told('step', { step: 'production/promote', state: 'succeeded' }, { trigger: 'undo' })).to.equal(null);
    expect(told('approval', { state: 'requested', user: 'ada', missing: 1 })).to.equal(null);
    expect(told('run', { state: 'succeeded' })).to.equal(null);
    expect(told('run', { state: 'superseded' })).to.equal(null);
  });

  it('says whom a gate asks, and how many of them', () => {
    const asked = told('approval', { state: 'requested', step: 'production/approve', role: 'qa', count: 2 });
    expect(asked?.lines[0]).to.equal('production/approve asks of qa, 2 people are needed');
  });

  it('lets no title of a commit write lines of its own, nor fill a page [S44]', () => {
    const forged = told(
      'run',
      { state: 'failed', reason: `x\n\u2028\u0007y${'z'.repeat(1_000)}` },
      { title: 'a\r\nb' },
    );
    expect(forged?.lines).to.have.length(2);
    for (const line of forged?.lines ?? []) expect(line).to.match(/^[^\p{Cc}\p{Zl}]{1,300}$/u);
  });
});
