import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { anchorFile } from '../../../engine/store/anchor-file';

describe('the file of anchors', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    file = join(folder, 'heads.jsonl');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const allOf = async (): Promise<string[]> => {
    const all: string[] = [];
    for await (const line of anchorFile(file).lines()) all.push(line);
    return all;
  };
  const isOpen = (): boolean =>
    readdirSync('/proc/self/fd').some((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === file;
      } catch {
        return false; // the one that has listed them
      }
    });

  it('gives back its lines, and none before the first', async () => {
    expect(await allOf()).to.deep.equal([]);
    for (const line of ['one', 'two']) await anchorFile(file).append(line);
    expect(await allOf()).to.deep.equal(['one', 'two']);
    expect(await anchorFile(file).size()).to.equal(8);
    expect(isOpen()).to.equal(false);
  });

  it('is closed by whoever has read enough', async () => {
    await anchorFile(file).append('line\n'.repeat(100_000));
    for await (const line of anchorFile(file).lines()) {
      expect(line).to.equal('line');
      break;
    }
    expect(isOpen()).to.equal(false);
  });
});
