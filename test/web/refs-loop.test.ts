import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { WorkTree } from './support/git';
import { type House, makeHouse } from './support/house';
import { until } from './support/until';

interface Runs {
  items: { number: number; commit: string; ref: string }[];
}

describe('a push that web was not told about', () => {
  let house: House;
  let tree: WorkTree;
  beforeEach(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(async () => {
    await tree.remove();
    await house.close();
  });

  /** As if web had been killed between the change of the ref and the hook: Git has the push, nobody else. */
  const pushPastWeb = (...refs: string[]) => tree.git('push', join(house.home, 'git', 'storefront.git'), ...refs);
  const runs = () => house.json<Runs>('/api/v1/apps/storefront/runs');

  it('is found at the next start, once [F1]', async () => {
    const commit = await tree.commit('a.txt', 'one');
    await pushPastWeb('main');
    await house.restart();
    await until(async () => (await runs()).items.length > 0);
    expect((await runs()).items).to.have.length(1);
    expect((await runs()).items[0]).to.include({ commit, ref: 'refs/heads/main' });
    await house.restart();
    await house.web.stop();
    const all = await house.engine.runs.list({ limit: 10 });
    expect(all).to.have.length(1);
  });

  it('is found though the refs of another app cannot be read', async () => {
    await house.post('/api/v1/apps', { name: 'broken' });
    const refs = join(house.home, 'git', 'broken.git', 'refs');
    await rm(refs, { recursive: true });
    await writeFile(refs, 'no folder');
    await tree.commit('a.txt', 'one');
    await pushPastWeb('main');
    await house.restart();
    await until(async () => (await runs()).items.length > 0);
  });

  it('is the same delivery as the one that a late hook tells', async () => {
    const commit = await tree.commit('a.txt', 'one');
    await pushPastWeb('main');
    await house.restart();
    await until(async () => (await runs()).items.length > 0);
    const [late] = await house.engine.deliveries.accept(
      {
        app: 'storefront',
        source: 'git-push',
        ref: 'refs/heads/main',
        before: '0'.repeat(40),
        after: commit,
        pusher: 'owner',
      },
      'user:owner',
    );
    expect(late).to.deep.include({ known: true });
    expect((await runs()).items).to.have.length(1);
  });

  const [a, b, c] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)] as const;
  const NONE = '0'.repeat(40);
  const tell = (before: string, after: string, found?: boolean) => {
    const push = { app: 'storefront', source: 'git-push', ref: 'refs/heads/main', before, after, pusher: 'owner' };
    return house.engine.deliveries.accept({ ...push, ...(found && { found }) }, 'user:owner');
  };
  const move = async (before: string, after: string, found?: boolean) => (await tell(before, after, found))[0]?.known;
  const heads = async () => {
    const app = await house.engine.apps.find('storefront');
    return (await house.engine.deliveries.heads(app.id)).get('refs/heads/main');
  };

  it('was found together with the one after it, whose own late hook makes no second run', async () => {
    await move(NONE, a);
    expect(await move(a, c, true), 'web died twice; the loop found where they led').to.equal(false);
    const [late] = await tell(b, c);
    expect([late?.known, late?.run?.number]).to.deep.equal([true, 2]);
    expect((await runs()).items.map((run) => run.commit[0])).to.deep.equal(['c', 'a']);
  });

  it('is not accepted once more by a loop that had read the refs before its hook came', async () => {
    await move(NONE, a);
    await move(a, b);
    await move(b, c);
    expect(await tell(a, b, true)).to.deep.equal([]);
    // Two may be of one millisecond: their numbers tell which was first.
    const newestFirst = (await runs()).items.sort((one, other) => other.number - one.number);
    expect(newestFirst.map((run) => run.commit[0])).to.deep.equal(['c', 'b', 'a']);
    expect(await heads()).to.equal(c);
  });

  it('makes its run when its hook comes after that of the next push, which stays where the ref stands', async () => {
    await move(NONE, a);
    expect(await move(b, c)).to.equal(false);
    expect(await move(a, b)).to.equal(false);
    expect(await heads()).to.equal(c);
    expect(await tell(b, c, true), 'the loop has nothing to do').to.deep.equal([]);
  });

  it('makes a run again when a ref was forced back and forth', async () => {
    for (const [before, after] of [
      [NONE, a],
      [a, b],
      [b, a],
      [a, b],
    ] as const) {
      expect(await move(before, after)).to.equal(false);
      expect(await move(before, after), 'told twice').to.equal(true);
    }
    expect((await runs()).items.map((run) => run.commit[0])).to.deep.equal(['b', 'a', 'b', 'a']);
    expect(await move(NONE, a), 'a hook that comes very late').to.equal(true);
  });

  it('may be a deleted branch, which makes no run', async () => {
    await tree.commit('a.txt', 'one');
    await pushPastWeb('main:refs/heads/topic');
    await house.restart();
    await until(async () => (await runs()).items.length > 0);
    await pushPastWeb(':refs/heads/topic');
    await house.restart();
    const app = await house.engine.apps.find('storefront');
    const head = async () => (await house.engine.deliveries.heads(app.id)).get('refs/heads/topic');
    await until(async () => (await head()) === '0'.repeat(40));
    expect((await runs()).items).to.have.length(1);
  });

  it('tells the pusher that it is stored, when web does not answer the hook [F2]', async () => {
    await tree.commit('a.txt', 'one');
    // A push past web runs the same hook when it is asked to, with nobody to tell.
    const hooks = join(__dirname, '..', '..', 'web', 'git', 'hooks');
    await tree.git('--git-dir', join(house.home, 'git', 'storefront.git'), 'config', 'core.hooksPath', hooks);
    const pushed = await pushPastWeb('main');
    expect(pushed.code, pushed.text).to.equal(0);
    expect(pushed.text).to.include('your push is stored in Git, and Gantry will pick it up when it is back');
  });
});
