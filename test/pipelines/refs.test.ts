import { expect } from 'chai';
import { matchesGlob } from '../../pipelines/glob';
import { wantsRef } from '../../pipelines/refs';

describe('the refs that a pipeline wants', () => {
  const on = { branches: ['main', 'release/*'], tags: [] };

  it('start a run', () => {
    for (const ref of ['refs/heads/main', 'refs/heads/release/1'])
      expect(wantsRef({ on }, ref).wanted, ref).to.equal(true);
  });

  it('are told apart from others with a reason', () => {
    expect(wantsRef({ on }, 'refs/heads/try')).to.deep.equal({
      wanted: false,
      reason: 'The branch "try" starts no run: on.branches of gantry.yml wants main, release/*.',
    });
    expect(wantsRef({ on }, 'refs/tags/main')).to.have.property('wanted', false);
    expect(wantsRef({ on }, 'refs/notes/x')).to.have.property('wanted', false);
  });
});

describe('a file pattern', () => {
  const table: [string, string, boolean][] = [
    ['target/*.war', 'target/ledger.war', true],
    ['target/*.war', 'target/a/ledger.war', false],
    ['**/*.war', 'a/b/ledger.war', true],
    ['**/*.war', 'ledger.war', true],
    ['target/**', 'target/a/b', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['a.c', 'abc', false],
    ['**', 'anything/at/all', true],
    ['*', '', true],
    ['a', '', false],
  ];
  for (const [pattern, path, expected] of table) {
    it(`"${pattern}" ${expected ? 'matches' : 'does not match'} "${path}"`, () => {
      expect(matchesGlob(pattern, path)).to.equal(expected);
    });
  }

  it('is matched quickly, however many stars it has', () => {
    const begun = performance.now();
    expect(matchesGlob('*a'.repeat(500), `${'a'.repeat(1000)}b`)).to.equal(false);
    expect(performance.now() - begun).to.be.below(500);
  });
});
