import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { KEPT_BYTES, RecentArchives } from '../../../runners/workspace/recent-archives';
import { gitSources } from '../../../runners/workspace/sources';

const run = promisify(execFile);

const gitIn =
  (work: string) =>
  async (...args: string[]): Promise<string> => {
    const as = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'];
    return (await run('git', ['-C', work, ...as, ...args])).stdout.trim();
  };

describe('the sources of a commit', () => {
  let folder = '';
  let sha = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    const work = join(folder, 'work');
    const git = gitIn(work);
    await mkdir(join(work, 'app'), { recursive: true });
    await git('init', '-q');
    await writeFile(join(work, 'app', 'run.sh'), 'true\n', { mode: 0o755 });
    await symlink('run.sh', join(work, 'app', 'start'));
    await git('add', '-A');
    await git('commit', '-q', '-m', 'a link');
    sha = await git('rev-parse', 'HEAD');
    await run('git', ['clone', '-q', '--bare', work, join(folder, 'git', 'shop.git')]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const entries = async (archive: NodeJS.ReadableStream): Promise<string[]> => {
    const found: string[] = [];
    const reader = extract();
    reader.on('entry', (header, content, next) => {
      found.push(`${header.type} ${header.name} ${header.linkname ?? ''}${(header.mode ?? 0).toString(8)}`);
      content.on('end', next).resume();
    });
    await pipeline(archive, reader);
    return found;
  };

  it('are archived with their links, and the same each time', async () => {
    const sources = gitSources(join(folder, 'git'));
    const first = await entries(await sources.tar('shop', sha, '.'));
    expect(first).to.have.length(2);
    expect(first[0]).to.equal('file app/run.sh 755');
    expect(first[1]).to.match(/^symlink app\/start run\.sh/);
    expect(await entries(await sources.tar('shop', sha, '.'))).to.deep.equal(first);
    expect(await entries(await sources.tar('shop', sha, 'app'))).to.have.length(2);
    expect(await sources.listFiles('shop', sha, 10)).to.deep.equal(['app/run.sh', 'app/start']);
    expect(await sources.readFile('shop', sha, 'app/start', 100)).to.equal(undefined);
  });
});

describe('the files that differ between two commits', () => {
  let folder = '';
  const commits: string[] = [];
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    const work = join(folder, 'work');
    const git = gitIn(work);
    const commit = async (message: string): Promise<void> => {
      await git('add', '-A');
      await git('commit', '-q', '--allow-empty', '-m', message);
      commits.push(await git('rev-parse', 'HEAD'));
    };
    await mkdir(join(work, 'a', 'b'), { recursive: true });
    await git('init', '-q');
    for (const path of ['a/b/stays', 'a/changes', 'a/goes', 'link', 'moves']) await writeFile(join(work, path), path);
    await commit('first\n\nand why');
    await writeFile(join(work, 'a', 'changes'), 'changed');
    await writeFile(join(work, 'ä "new"\n'), '');
    await rm(join(work, 'a', 'goes'));
    await rm(join(work, 'link'));
    await symlink('a', join(work, 'link'));
    await git('mv', 'moves', 'a/moved');
    await chmod(join(work, 'a', 'b', 'stays'), 0o755);
    await commit('second');
    await commit('third');
    await run('git', ['clone', '-q', '--bare', work, join(folder, 'git', 'shop.git')]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const changed = (earlier: number, later: number, limit = 100) =>
    gitSources(join(folder, 'git')).changedPaths('shop', commits[earlier] ?? '', commits[later] ?? '', limit);

  it('are those that were made, changed, moved or removed, by their whole names', async () => {
    const paths = ['a/b/stays', 'a/changes', 'a/goes', 'a/moved', 'link', 'moves', 'ä "new"\n'];
    expect(await changed(0, 1)).to.deep.equal({ paths });
    expect(await changed(1, 0)).to.deep.equal({ paths });
    expect(await changed(1, 2)).to.deep.equal({ paths: [] });
  });

  it('are not told when they are too many, or when the earlier commit is gone', async () => {
    expect(await changed(0, 1, 7))
      .to.have.property('paths')
      .with.length(7);
    expect(await changed(0, 1, 6)).to.deep.equal({ unknown: 'more than 6 files changed' });
    commits.push('c'.repeat(40));
    expect(await changed(3, 1)).to.deep.equal({
      unknown: 'commit cccccccccccc, the one before, is not there any more',
    });
  });

  it('come with the whole message of a commit', async () => {
    const told = await gitSources(join(folder, 'git')).commit('shop', commits[0] ?? '');
    expect([told.title, told.message]).to.deep.equal(['first', 'first\n\nand why\n']);
  });
});

describe('archives that were made lately', () => {
  it('are made once while they are small, and each time while they are not', async () => {
    const archives = new RecentArchives();
    const made: string[] = [];
    const ask = async (key: string, bytes: number): Promise<number> => {
      const stream = await archives.get(key, async () => {
        made.push(key);
        return Readable.from([Buffer.alloc(bytes - 1), Buffer.alloc(1)]);
      });
      return (await buffer(stream)).length;
    };
    for (const _ of [1, 2]) {
      expect(await ask('small', KEPT_BYTES)).to.equal(KEPT_BYTES);
      expect(await ask('large', KEPT_BYTES + 1)).to.equal(KEPT_BYTES + 1);
    }
    expect(made).to.deep.equal(['small', 'large', 'large']);
  });

  it('are not kept when they break off', async () => {
    const archives = new RecentArchives();
    const broken = async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('half');
          throw new Error('the disk is gone');
        })(),
      );
    const error = await buffer(await archives.get('a', broken)).catch((e: Error) => e.message);
    expect(error).to.equal('the disk is gone');
    const whole = await archives.get('a', async () => Readable.from([Buffer.from('whole')]));
    expect((await buffer(whole)).toString()).to.equal('whole');
  });
});
