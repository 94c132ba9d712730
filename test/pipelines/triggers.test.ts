import { expect } from 'chai';
import fc from 'fast-check';
import { matchesGlob } from '../../pipelines/glob';
import { skipMark, triggersOf, wantsFile } from '../../pipelines/triggers';
import { IMAGE, onlyProblem, specOf } from './support/texts';

const withOn = (on: string): string => `${IMAGE}on: ${on}\n`;

/** Of the files of a repository, those that start a run of the app in `folder` when they change. */
function wanted(text: string, files: readonly string[], folder = ''): string[] {
  const triggers = triggersOf(specOf(text));
  return files.filter((path) => {
    const own = path.startsWith(folder) ? path.slice(folder.length) : undefined;
    return wantsFile(triggers, { own, path });
  });
}

describe('the changed files that start a run', () => {
  const files = ['src/a.ts', 'src/docs/b.md', 'docs/c.md', 'gantry.yml', 'README.md'];

  it('are all of them where a pipeline names none', () => {
    expect(wanted(IMAGE, files)).to.deep.equal(files);
  });

  it('are those that a pattern names, and the pipeline itself', () => {
    expect(wanted(withOn('{ paths: [src/**] }'), files)).to.deep.equal(['src/a.ts', 'src/docs/b.md', 'gantry.yml']);
  });

  it('are fewer by what "!" takes away, and what stands later in the list decides', () => {
    const paths = '[src/**, "!**/*.md", src/docs/b.md]';
    expect(wanted(withOn(`{ paths: ${paths} }`), files)).to.deep.equal(['src/a.ts', 'src/docs/b.md', 'gantry.yml']);
    expect(wanted(withOn('{ paths: [src/**, "!**/*.md", "!gantry.yml"] }'), files)).to.deep.equal(['src/a.ts']);
  });

  it('are all others where a pipeline only takes away', () => {
    expect(wanted(withOn('{ paths: ["!docs/**"] }'), files)).to.deep.equal([
      'src/a.ts',
      'src/docs/b.md',
      'gantry.yml',
      'README.md',
    ]);
  });

  it('may be named by their folder, in any spelling', () => {
    expect(wanted(withOn('{ paths: [./src//, "!src/docs/"] }'), files)).to.deep.equal(['src/a.ts', 'gantry.yml']);
    expect(wanted(withOn('{ paths: [.] }'), files)).to.deep.equal(files);
  });

  describe('of an app in a folder', () => {
    const all = ['shop/src/a.ts', 'shop/gantry.yml', 'stock/src/b.ts', 'stock/gantry.yml', 'libs/src/c.ts'];
    const seesAll = (on: string): string => withOn(on).replace('image: {}', 'image: { context: / }');

    it('are its own', () => {
      expect(wanted(withOn('{ paths: [src/**] }'), all, 'shop/')).to.deep.equal(['shop/src/a.ts', 'shop/gantry.yml']);
      expect(wanted(withOn('{ paths: ["!docs/**"] }'), all, 'shop/')).to.deep.equal([
        'shop/src/a.ts',
        'shop/gantry.yml',
      ]);
    });

    it('may lie anywhere where its build sees everything', () => {
      expect(wanted(seesAll('{ paths: [src/**, /libs/**] }'), all, 'shop/')).to.deep.equal([
        'shop/src/a.ts',
        'shop/gantry.yml',
        'libs/src/c.ts',
      ]);
      expect(wanted(seesAll('{ paths: ["!/stock/**"] }'), all, 'shop/')).to.not.include('stock/src/b.ts');
      expect(wanted(seesAll('{ paths: ["!docs/**"] }'), all, 'shop/')).to.deep.equal(all);
    });
  });

  it('follow one rule, whatever the patterns are', () => {
    const part = fc.constantFrom('a', 'b', '*', '**', 'gantry.yml');
    const pattern = fc.tuple(fc.boolean(), fc.array(part, { minLength: 1, maxLength: 3 }));
    const path = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 });
    const property = fc.property(fc.array(pattern, { minLength: 1, maxLength: 4 }), path, (list, parts) => {
      const file = parts.join('/');
      const told = list.map(([not, words]) => `${not ? '!' : ''}${words.join('/')}`);
      // The same as a story: one pattern after the other puts the file in, or takes it out.
      let expected = list.every(([not]) => not);
      for (const [not, words] of list) if (matchesGlob(words.join('/'), file)) expected = !not;
      expect(wantsFile({ paths: told, seesAll: false }, { own: file, path: file })).to.equal(expected);
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

describe('a commit message that wants no run', () => {
  const says: [string, string | null][] = [
    ['docs: a word [skip ci]', '[skip ci]'],
    ['docs: a word\n\nNothing to build. [CI Skip]\n', '[ci skip]'],
    ['[no ci] docs', '[no ci]'],
    ['docs: a word\n\nlong story\n\nReviewed-by: Ada\nskip-ci:  TRUE\n', 'Skip-CI: true'],
    ['docs: a word\r\n\r\nSkip-CI: true\r\n', 'Skip-CI: true'],
    ['docs: a word\n\nSkip-CI: true\n\nand more', null],
    ['docs: a word\n\nSkip-CI: false', null],
    ['Skip-CI: true', null],
    ['skip ci', null],
    ['', null],
  ];
  for (const [message, mark] of says) {
    it(`is ${mark === null ? 'not ' : ''}${JSON.stringify(message)}`, () => {
      expect(skipMark(message)).to.equal(mark);
    });
  }
});

describe('the triggers of a gantry.yml', () => {
  it('are refused with their place and what would be right', () => {
    expect(onlyProblem(withOn('{ path: [src/**] }'))).to.include({ code: 'unknown-key', nearest: 'paths' });
    expect(onlyProblem(withOn('{ skp: false }'))).to.include({ code: 'unknown-key', nearest: 'skip' });
    expect(onlyProblem(withOn('{ paths: [] }')).message).to.include('without the key every file counts');
    expect(onlyProblem(withOn('{ paths: [../libs/**] }')).message).to.include('leads out of the repository');
    expect(onlyProblem(withOn('{ paths: ["!"] }')).message).to.include('names no file');
    expect(onlyProblem(withOn('{ skip: "no" }')).message).to.include('expected true or false');
    const unquoted = onlyProblem(withOn('{ paths: [src/**, !docs/** ] }'));
    expect(unquoted).to.include({ code: 'yaml-tag' });
    expect(unquoted.message).to.include('in quotes');
  });

  it('name nothing that the build cannot see', () => {
    expect(onlyProblem(withOn('{ paths: ["!/libs/**"] }'))).to.include({
      code: 'paths-outside',
      path: 'on.paths.0',
      nearest: '!libs/**',
    });
  });
});
