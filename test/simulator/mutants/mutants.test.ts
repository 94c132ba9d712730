import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { transformSync } from '@swc/core';
import { expect } from 'chai';
import { huntAll } from './harness';
import { mutants } from './list';
import { mutated } from './mutant';

const ROOT = join(__dirname, '..', '..', '..');
const DAY_MS = 86_400_000;
/** Bugs that are planted in each run of the suite; all of them are by the bench. */
const SAMPLE = 3;
/** From which the bench finds all of them: other seeds may take more histories. */
const SEED = 1;

describe('a planted bug', () => {
  it('is one of thirty or more, each by a name of its own', () => {
    expect(mutants.length).to.be.at.least(30);
    expect(new Set(mutants.map(({ id }) => id)).size).to.equal(mutants.length);
  });

  it('replaces text that stands in the code exactly once, by text that compiles', () => {
    for (const { id, edits } of mutants) {
      const texts = new Map<string, string>();
      for (const edit of edits) {
        const text = texts.get(edit.file) ?? readFileSync(join(ROOT, edit.file), 'utf8');
        texts.set(edit.file, mutated(text, edit));
      }
      for (const text of texts.values()) {
        expect(() => transformSync(text, { jsc: { parser: { syntax: 'typescript' } } }), id).not.to.throw();
      }
    }
  });

  it('says so when the code has moved on', () => {
    const edit = { file: 'engine/steps/fence.ts', from: 'row.epoch', to: 'row' };
    expect(() => mutated('nothing of it', edit)).to.throw('engine/steps/fence.ts has the text to mutate 0 times');
    expect(() => mutated('row.epoch, row.epoch', edit)).to.throw('2 times, not once');
  });

  it('breaks an invariant: another sample each day', async function () {
    this.timeout(600_000);
    const day = Math.floor(Date.now() / DAY_MS);
    const sample = Array.from({ length: SAMPLE }, (_, i) => mutants[(day * SAMPLE + i) % mutants.length]);
    const hunted = await huntAll(sample, SEED);
    expect(hunted.filter(({ by }) => by === undefined)).to.deep.equal([]);
    expect(hunted).to.have.length(SAMPLE);
  });
});
