import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import type { RunId } from '../../../engine/model/ids';
import type { Sources } from '../../../engine/ports/sources';
import { CHANGED_PATHS_MAX } from '../../../pipelines/limits';
import type { World } from '../../../runners/world';
import { commit, type House, makeHouse } from '../../support/house';

const execute = promisify(execFile);
const NO_COMMIT = '0'.repeat(40);
const MAIN = 'refs/heads/main';

const pipeline = (on: string): string => `app: shop
on: ${on}
serve: { image: {}, port: 8080, health: { path: /health } }
stages: { production: {} }
`;
const start = (on: string): Record<string, string> => ({
  'gantry.yml': pipeline(on),
  Dockerfile: 'FROM scratch\n',
  'src/a': '1',
  'docs/a': '1',
});

describe('a push that its pipeline passes over', () => {
  let house: House;
  /** Most paths that are looked at, and those that were asked for. */
  let most: number;
  let asked: number[];
  const change = (world: World): World => ({ ...world, sources: { ...world.sources, changedPaths: looked(world) } });
  const looked = (world: World): Sources['changedPaths'] => {
    const { sources } = world;
    return (app, earlier, commit, limit) => {
      asked.push(limit);
      return sources.changedPaths(app, earlier, commit, Math.min(limit, most));
    };
  };
  beforeEach(async () => {
    most = CHANGED_PATHS_MAX;
    asked = [];
    house = await makeHouse({ hasty: true, change });
    await house.engine.apps.create('shop', 'user:ada');
  });
  afterEach(() => house.close());

  const pushed = async (what: Record<string, string> | string): Promise<[string, string]> => {
    const { row } = await house.through('shop', await house.push('shop', what));
    return [row.state, row.reason];
  };
  const told = async (ref: string, before: string, after: string): Promise<[string, string]> => {
    const push = { app: 'shop', source: 'git-push', ref, before, after, pusher: 'ada' };
    const [accepted] = await house.engine.deliveries.accept(push, 'user:ada');
    const { row } = await house.through('shop', accepted?.run?.number ?? 0);
    return [row.state, row.reason];
  };
  const git = async (...args: string[]): Promise<string> => {
    const as = ['-c', 'user.name=ada', '-c', 'user.email=ada@example.org'];
    const folder = join(house.folder, 'work', 'shop');
    return (await execute('git', ['-C', folder, ...as, ...args])).stdout.trim();
  };
  /** One more commit on main, in the app's repository. @returns its id */
  const committed = async (message: string): Promise<string> => {
    await git('commit', '-q', '-a', '--allow-empty', '-m', message);
    await git('push', '-q', '--force', join(house.folder, 'git', 'shop.git'), 'HEAD:refs/heads/main');
    return git('rev-parse', 'HEAD');
  };
  const logOf = async (number: number): Promise<string> => {
    const { row, steps } = await house.settled('shop', number);
    return (await house.engine.parts.logs.read(row.id, steps[0]?.id ?? '', 0, 20_000)).toString();
  };
  const SUCCEEDED = ['succeeded', ''];

  describe('for its paths', () => {
    const ON = '{ paths: [src/**, "!src/**/*.md"] }';
    const unwanted = (paths: string, run: number): [string, string] => [
      'ignored',
      `the push changed ${paths}, and on.paths of gantry.yml wants none of them: src/**, !src/**/*.md; ` +
        `run it all the same with: gantry restart shop ${run}`,
    ];

    it('changed none that counts, and says which do', async () => {
      expect(await pushed(start(ON)), 'the first push').to.deep.equal(SUCCEEDED);
      expect(await pushed({ 'docs/a': '2' })).to.deep.equal(unwanted('1 path', 2));
      expect(await pushed({ 'docs/a': '3', 'src/b/c.md': '1' })).to.deep.equal(unwanted('2 paths', 3));
      expect(await pushed({ 'docs/a': '4', 'src/b/c.ts': '1' })).to.deep.equal(SUCCEEDED);
      expect(await logOf(4)).to.contain('on.paths: src/b/c.ts is wanted, one of 2 paths');
      expect(await pushed({ 'gantry.yml': `${pipeline(ON)}# changed\n` })).to.deep.equal(SUCCEEDED);
    });

    it('counts what was removed', async () => {
      await pushed(start(ON));
      await git('rm', '-q', 'src/a');
      expect(await pushed(await committed('removed'))).to.deep.equal(SUCCEEDED);
    });

    it('runs when a person restarts it', async () => {
      await pushed(start(ON));
      await pushed({ 'docs/a': '2' });
      const again = await house.engine.runs.restart({ app: 'shop', run: 2, reason: 'wanted' }, 'user:ada');
      const { row } = await house.through('shop', again.run);
      expect([row.state, row.reason]).to.deep.equal(SUCCEEDED);
    });

    it('is delivered as a whole when what stood there before is gone, or was never told', async () => {
      await pushed(start(ON));
      const docs = await committed('docs');
      expect(await told(MAIN, 'c'.repeat(40), docs)).to.deep.equal(SUCCEEDED);
      expect(await logOf(2)).to.contain('what the branch had before this push is not known');
      const [missed, last] = [await committed('a push that nobody told'), await committed('docs')];
      expect(await told(MAIN, missed, last), 'the missed one may have changed src').to.deep.equal(SUCCEEDED);
    });

    it('is delivered as a whole when it is a tag', async () => {
      await pushed(start('{ paths: [src/**], tags: ["v*"] }'));
      const before = await git('rev-parse', 'HEAD');
      const after = await committed('nothing');
      expect(await told('refs/tags/v1', NO_COMMIT, before)).to.deep.equal(SUCCEEDED);
      expect(await told('refs/tags/v1', before, after)).to.deep.equal(SUCCEEDED);
    });

    it('is delivered as a whole when it changed more paths than are looked at', async () => {
      await pushed(start(ON));
      most = 1;
      expect(await pushed({ 'docs/a': '2' })).to.deep.equal(unwanted('1 path', 2));
      expect(await pushed({ 'docs/a': '3', 'docs/b': '1' })).to.deep.equal(SUCCEEDED);
      expect(await logOf(3)).to.contain('every path counts as changed: more than 1 files changed');
      expect(asked).to.deep.equal([CHANGED_PATHS_MAX, CHANGED_PATHS_MAX]);
    });

    it('is compared as a tree when it was forced', async () => {
      await pushed(start(ON));
      await pushed({ 'src/a': '2' });
      await git('reset', '-q', '--hard', 'HEAD~1');
      expect(await pushed(await committed('back'))).to.deep.equal(SUCCEEDED);
      await git('commit', '-q', '--amend', '--allow-empty', '-m', 'another word for the same');
      expect(await pushed(await committed('and one more')), 'the same files').to.deep.equal(unwanted('0 paths', 4));
    });
  });

  describe('for the words of its message', () => {
    const REASON = 'its commit message says [skip ci]; run it all the same with: gantry restart shop 2';

    it('says [skip ci], in its title or below', async () => {
      await pushed(start('{}'));
      expect(await pushed(await committed('docs\n\nonly words [skip ci]'))).to.deep.equal(['ignored', REASON]);
      expect((await pushed(await committed('docs\n\nSkip-CI: true')))[1]).to.contain('says Skip-CI: true');
      expect(await pushed(await committed('docs'))).to.deep.equal(SUCCEEDED);
    });

    it('runs when a person restarts it, and as a tag', async () => {
      await pushed(start('{ tags: ["v*"] }'));
      const skipped = await committed('docs [skip ci]');
      await pushed(skipped);
      const again = await house.engine.runs.restart({ app: 'shop', run: 2, reason: 'wanted' }, 'user:ada');
      const { row } = await house.through('shop', again.run);
      expect([row.state, row.reason]).to.deep.equal(SUCCEEDED);
      expect(await told('refs/tags/v1', NO_COMMIT, skipped)).to.deep.equal(SUCCEEDED);
    });

    it('is delivered all the same by a pipeline that nobody may skip', async () => {
      await pushed(start('{ skip: false }'));
      expect(await pushed(await committed('docs [skip ci]'))).to.deep.equal(SUCCEEDED);
    });
  });
});

describe('what a branch had before a push', () => {
  it('is told by a push that came before it, not by one that came later', async () => {
    const house = await makeHouse({ hasty: true, idle: true });
    try {
      await house.engine.apps.create('shop', 'user:ada');
      const commits: string[] = [];
      const told = async (before: string, after: string): Promise<string | undefined> => {
        const push = { app: 'shop', source: 'git-push', ref: MAIN, before, after, pusher: 'ada' };
        const [accepted] = await house.engine.deliveries.accept(push, 'user:ada');
        return accepted?.run?.id;
      };
      for (const version of ['1', '2', '3', '4']) commits.push(await commit(house.folder, 'shop', { version }));
      const [first = '', second = '', third = '', fourth = ''] = commits;
      const runs = [await told(NO_COMMIT, first)];
      for (const [before, after] of [
        [second, third],
        [first, second],
        [third, fourth],
      ] as const) {
        // A time that is the same for both says nothing about what came first.
        await new Promise((resolve) => setTimeout(resolve, 2));
        runs.push(await told(before, after));
      }
      const found = runs.map((id) => house.engine.runs.toldBefore({ run: { id: id as RunId } }));
      expect(await Promise.all(found)).to.deep.equal([undefined, undefined, first, third]);
    } finally {
      await house.close();
    }
  });
});

describe('a push to an app in a folder', () => {
  it('is passed over by the paths of that folder', async () => {
    const house = await makeHouse({ hasty: true });
    try {
      await house.engine.apps.create('shop', 'user:ada', { path: 'services/shop' });
      const files = Object.entries(start('{ paths: [src/**] }'));
      await house.through(
        'shop',
        await house.push('shop', Object.fromEntries(files.map(([path, text]) => [`services/shop/${path}`, text]))),
      );
      const docs = await house.push('shop', { 'services/shop/docs/a': '2', 'src/b': '1' });
      const { row } = await house.through('shop', docs);
      expect([row.state, row.reason.split(';')[0]]).to.deep.equal([
        'ignored',
        'the push changed 2 paths, and on.paths of services/shop/gantry.yml wants none of them: src/**',
      ]);
      const source = await house.through('shop', await house.push('shop', { 'services/shop/src/b': '1' }));
      expect(source.row.state).to.equal('succeeded');
    } finally {
      await house.close();
    }
  });
});
