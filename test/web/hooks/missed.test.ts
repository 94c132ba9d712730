import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeEngineIn } from '../../support/engine';
import { bodyOf, headersOf, WatchedGit } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse, startHouseWeb } from '../support/house';
import { until } from '../support/until';
import { ConnectedApp } from './support';

interface Shown {
  source: { comparedAt: number | null; problem: string };
}

describe('a push that no forge has told', () => {
  let house: House;
  let tree: WorkTree;
  let git: WatchedGit;
  let app: ConnectedApp;
  let head: string;
  let ahead: number;
  let warned: string[];

  beforeEach(async () => {
    ahead = 0;
    warned = [];
    git = await WatchedGit.make();
    tree = await WorkTree.make();
    head = await tree.commit('a.txt', 'one');
    const log = { info: () => {}, error: () => {}, warn: (_: object, text: string) => warned.push(text) };
    house = await makeHouse({ clock: { now: () => Date.now() + ahead }, log }, { programs: git.programs });
    app = await ConnectedApp.make(house, tree.folder);
    await compared();
  });
  afterEach(async () => {
    git.release();
    await house.close();
    await tree.remove();
    await git.remove();
  });

  const source = async (name = 'storefront') => (await house.json<Shown>(`/api/v1/apps/${name}`)).source;
  const compared = async () => until(async () => (await source()).comparedAt !== null);
  const comparedAt = async () => (await house.engine.apps.source(await appId()))?.comparedAt ?? 0;
  /** Until the source was looked at once more, after all that had happened before. */
  const lookedAgain = async () => {
    const before = await comparedAt();
    ahead += 60_000;
    await house.restart();
    await until(async () => (await comparedAt()) > before && (await app.isQuiet()));
  };
  /** As if web, or the way to it, had been down while somebody pushed. */
  const whileDown = async (change: () => Promise<unknown>) => {
    await house.web.stop();
    await change();
    await lookedAgain();
  };
  const runs = async () => (await app.runs()).map(({ commit, ref }) => `${ref.replace('refs/', '')} ${commit}`);
  const call = (id: string) => {
    const body = bodyOf('github-push');
    return app.call('github', headersOf.github(app.secret, body, id), body);
  };

  it('is found when web is back, once, however often it is looked for', async () => {
    let next = '';
    await whileDown(async () => {
      next = await tree.commit('a.txt', 'two');
      await tree.git('tag', 'v1');
    });
    expect(new Set(await runs())).to.deep.equal(new Set([`heads/main ${next}`, `tags/v1 ${next}`]));
    expect((await app.hooks())[0]).to.include({ forge: 'ls-remote', outcome: 'run' });
    await lookedAgain();
    await lookedAgain();
    expect(await runs()).to.have.length(2);
  }).timeout(15_000);

  it('makes one run with the webhook that comes late', async () => {
    await whileDown(() => tree.commit('a.txt', 'two'));
    expect((await call('late')).status).to.equal(202);
    await until(() => app.isQuiet());
    expect(await runs()).to.have.length(1);
    expect((await app.hooks())[0]).to.include({ forge: 'github', outcome: 'known', run: 1 });
  });

  it('is not looked for where a webhook of the same branch waits already', async () => {
    git.hold();
    await tree.commit('a.txt', 'two');
    await call('slow');
    await until(() => git.fetches.length === 1);
    const before = await comparedAt();
    ahead += 60_000;
    await until(async () => (await comparedAt()) > before);
    git.release();
    await until(() => app.isQuiet());
    await lookedAgain();
    expect((await app.hooks()).map(({ forge }) => forge)).to.deep.equal(['github']);
    expect(await runs()).to.have.length(1);
  }).timeout(15_000);

  it('is none of a branch that was there when the source was connected', async () => {
    await lookedAgain();
    expect(await runs()).to.deep.equal([]);
    await call('first');
    await until(() => app.isQuiet());
    expect(await runs(), 'until its forge calls').to.deep.equal([`heads/main ${head}`]);
    await house.post('/api/v1/apps/storefront/source', { url: `${tree.folder}/.git` });
    await whileDown(() => tree.git('branch', 'other'));
    expect(await runs(), 'another address begins anew').to.have.length(1);
  });

  it('is found when it was forced, back and forth, and when a tag was moved [F36]', async () => {
    await whileDown(() => tree.git('tag', 'v1'));
    let next = '';
    await whileDown(async () => {
      next = await tree.commit('a.txt', 'two');
      await tree.git('tag', '-f', 'v1');
    });
    await whileDown(() => tree.git('reset', '-q', '--hard', head));
    await whileDown(() => tree.git('tag', '-f', 'v1'));
    const found = await runs();
    expect(found.filter((run) => run.startsWith('heads')).reverse()).to.deep.equal([
      `heads/main ${next}`,
      `heads/main ${head}`,
    ]);
    expect(found.filter((run) => run.startsWith('tags')).reverse()).to.deep.equal([
      `tags/v1 ${head}`,
      `tags/v1 ${next}`,
      `tags/v1 ${head}`,
    ]);
  }).timeout(20_000);

  it('is found when it moved back what only a webhook had told', async () => {
    await tree.commit('a.txt', 'two');
    await call('there');
    await until(() => app.isQuiet());
    await whileDown(() => tree.git('reset', '-q', '--hard', head));
    expect((await runs())[0]).to.equal(`heads/main ${head}`);
    expect(await runs()).to.have.length(2);
  });

  it('does not take back what somebody has pushed to the remote of Gantry', async () => {
    const mine = await WorkTree.make();
    const commit = await mine.commit('b.txt', 'mine');
    await mine.git('push', join(house.home, 'git', 'storefront.git'), 'main');
    await house.restart();
    await until(async () => (await app.runs()).length === 1);
    await lookedAgain();
    await lookedAgain();
    expect(await runs()).to.deep.equal([`heads/main ${commit}`]);
    await mine.remove();
  });

  it('does not take it back either to what a webhook had told before, and no look has seen', async () => {
    const told = await tree.commit('a.txt', 'two');
    await call('told');
    await until(async () => (await app.runs()).length === 1);
    const mine = await WorkTree.make();
    const commit = await mine.commit('b.txt', 'mine');
    await mine.git('push', '-f', join(house.home, 'git', 'storefront.git'), 'main');
    await house.restart();
    await until(async () => (await app.runs()).length === 2);
    await lookedAgain();
    expect(new Set(await runs())).to.deep.equal(new Set([`heads/main ${commit}`, `heads/main ${told}`]));
    expect(await runs()).to.have.length(2);
    await mine.remove();
  }).timeout(15_000);

  it('that deleted a branch deletes it here, and starts nothing [F36]', async () => {
    await whileDown(() => tree.git('checkout', '-q', '-b', 'feature'));
    expect(await runs()).to.deep.equal([`heads/feature ${head}`]);
    await whileDown(async () => {
      await tree.git('checkout', '-q', 'main');
      await tree.git('branch', '-D', 'feature');
    });
    const delivered = async () => (await house.engine.deliveries.heads(await appId())).get('refs/heads/feature');
    await house.restart();
    await until(async () => (await delivered()) === '0'.repeat(40));
    expect(await runs()).to.have.length(1);
    await whileDown(() => tree.git('branch', 'feature'));
    expect(await runs(), 'and it may be made anew').to.have.length(2);
  }).timeout(15_000);

  it('is not that every branch was deleted, when a source has nothing to show', async () => {
    await whileDown(() => tree.git('branch', 'feature'));
    await whileDown(async () => {
      await rename(tree.folder, `${tree.folder}-kept`);
      const empty = await WorkTree.make();
      await rename(empty.folder, tree.folder);
    });
    await house.restart();
    const heads = await house.engine.deliveries.heads(await appId());
    expect(heads.get('refs/heads/feature')).to.equal(head);
    await tree.remove();
    await rename(`${tree.folder}-kept`, tree.folder);
    await lookedAgain();
    expect(await runs()).to.have.length(1);
  }).timeout(15_000);

  it('is found by one of two webs', async () => {
    await house.web.stop();
    await tree.commit('a.txt', 'two');
    ahead += 60_000;
    const { engine, close } = await makeEngineIn(house.home, { clock: house.engine.parts.clock });
    const other = await startHouseWeb(engine, house.home, 'two', { programs: git.programs });
    await house.restart();
    await until(async () => (await app.runs()).length > 0 && (await app.isQuiet()));
    await other.stop();
    await close();
    expect(await runs()).to.have.length(1);
    expect(await app.hooks()).to.have.length(1);
  });

  it('is found though another source does not answer, which is told once, and asked again every minute', async () => {
    await house.post('/api/v1/apps', { name: 'broken' });
    await house.post('/api/v1/apps/broken/source', { url: `${tree.folder}-gone` });
    await until(async () => (await source('broken')).problem !== '');
    await whileDown(() => tree.commit('a.txt', 'two'));
    expect(await runs()).to.have.length(1);
    expect((await source('broken')).problem).to.include('does not appear to be a git repository');
    await until(async () => (await looks()) >= 2);
    expect(warned.filter((text) => text.startsWith('a source could not be compared'))).to.have.length(1);
    const asked = git.calls.filter((call) => call.includes(`${tree.folder}-gone`)).length;
    await lookedAgain();
    const again = () => git.calls.filter((call) => call.includes(`${tree.folder}-gone`)).length;
    await until(async () => again() > asked && (await looks()) >= 3);
    expect((await failing())?.not_before).to.be.at.most(Date.now() + ahead + 60_000);
    const before = again();
    await house.restart();
    await until(() => again() > before);
  }).timeout(15_000);

  it('while Gantry was brought up to date is found, but none of a branch that no forge had told', async () => {
    await call('told');
    await until(() => app.isQuiet());
    await house.web.stop();
    await house.engine.parts.store.write(async (tx) => {
      await tx.deleteFrom('source_looks').execute();
      await tx.deleteFrom('source_heads').execute();
    });
    const next = await tree.commit('a.txt', 'two');
    await tree.git('branch', 'other');
    await house.restart();
    await compared();
    await until(() => app.isQuiet());
    expect(await runs()).to.deep.equal([`heads/main ${next}`, `heads/main ${head}`]);
  });

  it('is none where the remote of Gantry was pushed to before the source was connected', async () => {
    const mine = await WorkTree.make();
    const commit = await mine.commit('b.txt', 'mine');
    await mine.git('push', join(house.home, 'git', 'storefront.git'), 'main');
    await house.restart();
    await until(async () => (await app.runs()).length === 1);
    await house.web.stop();
    await house.engine.parts.store.write((tx) => tx.deleteFrom('source_looks').execute());
    await house.restart();
    await compared();
    await until(() => app.isQuiet());
    expect(await runs()).to.deep.equal([`heads/main ${commit}`]);
    await mine.remove();
  });

  const failing = () =>
    house.engine.parts.store.read
      .selectFrom('source_looks')
      .selectAll()
      .orderBy('failures', 'desc')
      .limit(1)
      .executeTakeFirst();
  const looks = async () => (await failing())?.failures ?? 0;
  const appId = async () => (await house.engine.apps.find('storefront')).id;
});
