import { expect } from 'chai';
import { logText, plain, seconds } from '../../web/git/lines';
import { readPushOptions } from '../../web/git/push-options';
import { parsePush } from '../../web/git/received';
import { ago, duration } from '../../web/pages/helpers';

describe('the words for times', () => {
  for (const [ms, text] of [
    [0, '0.0 s'],
    [2_140, '2.1 s'],
    [59_900, '59.9 s'],
    [200_000, '3 min 20 s'],
  ] as const) {
    it(`to a pusher, of ${ms} ms: ${text}`, () => expect(seconds(ms)).to.equal(text));
  }
  for (const [ms, text] of [
    [-5, '0.0 s'],
    [9_960, '10 s'],
    [61_000, '1 min 1 s'],
    [7_500_000, '2 h 5 min'],
  ] as const) {
    it(`on a page, of ${ms} ms: ${text}`, () => expect(duration(ms)).to.equal(text));
  }
  for (const [ms, text] of [
    [1_000, 'just now'],
    [12_000, '12 s ago'],
    [180_000, '3 min ago'],
    [86_400_000, '1 day ago'],
    [200_000_000, '2 days ago'],
  ] as const) {
    it(`since ${ms} ms: ${text}`, () => expect(ago(ms)).to.equal(text));
  }
});

describe('the log that a pusher sees', () => {
  it('holds nothing that a terminal would obey [S23]', () => {
    expect(plain('a\u001b[1;31mred\u001b[0m\u001b]0;title\u0007b\rc\u0000')).to.equal('aredbc');
    expect(plain('tab\tand\nline ü')).to.equal('tab\tand\nline ü');
  });

  it('is a line each [S44]', () => {
    expect(logText(Buffer.from('1\n2\n3\n'))).to.deep.equal(['1', '2', '3']);
  });
});

describe('what the hook tells', () => {
  const [A, B] = ['a'.repeat(40), 'b'.repeat(40)];
  it('is refs and options', () => {
    expect(parsePush(`ref ${A} ${B} refs/heads/main\noption no-follow\n`)).to.deep.equal({
      refs: [{ before: A, after: B, ref: 'refs/heads/main' }],
      options: ['no-follow'],
    });
  });
  for (const text of ['nonsense\n', `ref ${A} ${B} HEAD\n`, `ref ${A} refs/heads/main\n`]) {
    it(`is refused when it is ${JSON.stringify(text.slice(0, 20))}…`, () => {
      expect(() => parsePush(text)).to.throw('the hook said');
    });
  }
});

describe('the options of a push', () => {
  it('keep a failed instance for an hour, or for as long as is said', () => {
    expect(readPushOptions(['keep-failed'])).to.deep.equal({ follow: true, keepFailedMs: 3_600_000, problems: [] });
    expect(readPushOptions(['keep-failed=10m', 'no-follow'])).to.deep.equal({
      follow: false,
      keepFailedMs: 600_000,
      problems: [],
    });
    expect(readPushOptions(['ci.skip'])).to.deep.equal({ follow: true, problems: [] });
  });

  for (const option of ['keep-failed=', 'keep-failed=soon', 'keep-failed=0s', 'keep-failed=30d']) {
    it(`say that "${option}" is not used, and what would be`, () => {
      const read = readPushOptions([option]);
      expect(read.keepFailedMs).to.equal(undefined);
      expect(read.problems[0]).to.contain(`"${option}" is not used`).and.contain('keep-failed=2h');
    });
  }
});
