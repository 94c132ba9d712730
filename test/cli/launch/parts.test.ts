import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const root = join(__dirname, '..', '..', '..');
const SECONDS = join(root, 'test', 'seconds.txt');

/** The test files of this checkout. */
const files = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => join('test', name))
  .sort();
const seconds = new Map(
  readFileSync(SECONDS, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(' '))
    .map(([weight, file = '']) => [file, Number(weight)]),
);
const takes = (part: readonly string[]): number => part.reduce((sum, file) => sum + (seconds.get(file) ?? 1), 0);

describe('a part of the suite', () => {
  /** As the launcher picks it. */
  const part = (which: string, of: readonly string[] = files, known = SECONDS): string[] => {
    const script = 'set -euo pipefail; source "$1/cli/launch/parts.sh"; files_of_part "$2" "$3"';
    const words = ['-c', script, 'bash', root, which, known];
    return execFileSync('bash', words, { input: of.map((file) => `${file}\n`).join(''), encoding: 'utf8' })
      .split('\n')
      .filter(Boolean);
  };

  for (const parts of [1, 2, 3, 7]) {
    it(`has each test file in one of ${parts}, and only what there is`, () => {
      const all = Array.from({ length: parts }, (_, i) => part(`${i + 1}/${parts}`));
      expect(all.flat().sort()).to.deep.equal(files);
    });
  }

  it('is the same whatever the order in which the files were found', () => {
    expect(part('2/3', files.toReversed())).to.deep.equal(part('2/3'));
  });

  it('takes about as long as the others', () => {
    const [one, two] = [takes(part('1/2')), takes(part('2/2'))];
    expect(Math.abs(one - two)).to.be.below(5);
  });

  it('shares out what takes longest first, and takes what is not known for quick', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    const known = join(folder, 'seconds.txt');
    writeFileSync(known, '# of these three\n3 c.test.ts\n9 b.test.ts\n');
    const of = ['a.test.ts', 'b.test.ts', 'c.test.ts', 'd.test.ts'];
    const parts = [part('1/2', of, known), part('2/2', of, known)];
    rmSync(folder, { recursive: true });
    expect(parts).to.deep.equal([['b.test.ts'], ['a.test.ts', 'c.test.ts', 'd.test.ts']]);
  });

  it('knows no file any more that is gone', () => {
    expect([...seconds.keys()].filter((file) => !existsSync(join(root, file)))).to.deep.equal([]);
    expect(seconds.size).to.be.above(20);
  });

  for (const which of ['', '0/2', '3/2', '1', 'first']) {
    it(`is not "${which}"`, () => {
      const { status, stderr } = spawnSync(join(root, 'gantry'), ['test', '--part', which], { encoding: 'utf8' });
      expect([status, stderr]).to.deep.equal([
        1,
        `gantry: '${which}' is no part of the suite: --part takes K/N, as 1/2 and 2/2\n`,
      ]);
    });
  }
});
