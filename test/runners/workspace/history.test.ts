import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { gitSources } from '../../../runners/workspace/sources';

const run = promisify(execFile);

describe('the commits that a commit brings', () => {
  let folder = '';
  const ids = new Map<string, string>();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    const work = join(folder, 'work');
    let seconds = 1_700_000_000;
    const git = async (who: string, ...args: string[]): Promise<string> => {
      const as = ['-c', `user.name=${who}`, '-c', `user.email=${who}@example.org`];
      seconds += 1;
      const date = `${seconds} +0000`;
      const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
      return (await run('git', ['-C', work, ...as, ...args], { env })).stdout.trim();
    };
    const note = async (name: string): Promise<void> => {
      ids.set(name, await git('ada', 'rev-parse', 'HEAD'));
    };
    await run('git', ['init', '-q', '-b', 'main', work]);
    for (const [who, name] of [
      ['ada', 'first'],
      ['ada', 'second'],
    ] as const) {
      await git(who, 'commit', '-q', '--allow-empty', '-m', name);
      await note(name);
    }
    await git('eve', 'checkout', '-q', '-b', 'work');
    await git('eve', 'commit', '-q', '--allow-empty', '-m', 'of eve');
    await git('ivy', 'commit', '-q', '--allow-empty', '--author=Olga <olga@example.org>', '-m', 'picked by ivy');
    await git('grace', 'checkout', '-q', 'main');
    await git('grace', 'merge', '-q', '--no-ff', '-m', 'merged by grace', 'work');
    await note('merge');
    await run('git', ['clone', '-q', '--bare', work, join(folder, 'git', 'shop.git')]);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const brought = async (commit: string, since: string | null, limit = 10): Promise<string[]> => {
    const sources = gitSources(join(folder, 'git'));
    const commits = await sources.history('shop', ids.get(commit) ?? '', since, limit);
    return commits.map(({ title, email, committerEmail }) => `${title}: ${email} ${committerEmail}`);
  };
  const MERGED = [
    'merged by grace: grace@example.org grace@example.org',
    'picked by ivy: olga@example.org ivy@example.org',
    'of eve: eve@example.org eve@example.org',
  ];
  const FIRST = 'first: ada@example.org ada@example.org';
  const SECOND = 'second: ada@example.org ada@example.org';

  it('are those beyond an earlier one, all that was merged among them, with who wrote and who committed each', async () => {
    expect(await brought('merge', ids.get('second') ?? '')).to.deep.equal(MERGED);
    expect(await brought('merge', ids.get('first') ?? '')).to.deep.equal([...MERGED, SECOND]);
    expect(await brought('merge', ids.get('first') ?? '', 2)).to.deep.equal(MERGED.slice(0, 2));
  });

  it('are all when the earlier one is not known', async () => {
    expect(await brought('merge', null)).to.deep.equal([...MERGED, SECOND, FIRST]);
    expect(await brought('merge', 'f'.repeat(40))).to.deep.equal([...MERGED, SECOND, FIRST]);
    expect(await brought('second', null)).to.deep.equal([SECOND, FIRST]);
    expect(await brought('first', null)).to.deep.equal([FIRST]);
  });

  it('are none when the commit is an older one', async () => {
    expect(await brought('first', ids.get('merge') ?? '')).to.deep.equal([]);
  });
});
