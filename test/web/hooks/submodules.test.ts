import { existsSync, readdirSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect } from 'chai';
import { extract } from 'tar-stream';
import { MODULES_MAX } from '../../../web/limits';
import { skipBecause } from '../../support/skips';
import { headersOf } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse } from '../support/house';
import { guestIn } from '../support/people';
import { PlanRunner } from '../support/plan-runner';
import { hasSshd, SshRepository } from '../support/ssh-repository';
import { until } from '../support/until';
import { ConnectedApp } from './support';

const PIPELINE = `app: storefront
serve: { image: { dockerfile: libs/base/Dockerfile }, port: 8080, health: { path: /health } }
stages: { test: {}, production: {} }
`;

describe('a submodule', () => {
  let house: House;
  let tree: WorkTree;
  let lib: WorkTree;
  let deep: WorkTree;
  let app: ConnectedApp;
  let runner: PlanRunner;
  let pinned: string;
  beforeEach(async () => {
    [tree, lib, deep] = [await WorkTree.make(), await WorkTree.make(), await WorkTree.make()];
    await deep.commit('deep.txt', 'deep');
    await lib.commit('old.txt', 'old');
    await add(lib, deep, 'in');
    pinned = await lib.commit('Dockerfile', 'FROM scratch\n');
    await add(tree, lib, 'libs/base');
    await tree.commit('gantry.yml', PIPELINE);
    await lib.commit('later.txt', 'is not pinned');
    house = await makeHouse();
    app = await ConnectedApp.make(house, tree.folder);
    runner = new PlanRunner(house);
  });
  afterEach(async () => {
    await runner.stop();
    await house.close();
    for (const one of [tree, lib, deep]) await one.remove();
  });

  const add = (to: WorkTree, what: WorkTree, path: string, url = `../${basename(what.folder)}`) =>
    to
      .git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', '--', what.folder, path)
      .then(() => to.git('config', '-f', '.gitmodules', `submodule.${path}.url`, url))
      .then(() => to.commit(`added-${path.replace('/', '-')}`, url));
  const turn = async (submodules: boolean) => {
    const answer = await house.post('/api/v1/apps/storefront/source/extras', { submodules });
    expect(await answer.json()).to.deep.equal({ app: 'storefront', extras: submodules ? ['submodules'] : [] });
  };
  const headOf = async () => (await tree.git('rev-parse', 'HEAD')).text.trim();
  /** @returns the number of its run */
  const delivered = async () => {
    const head = await headOf();
    const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: head }));
    await app.call('github', headersOf.github(app.secret, body), body);
    await until(() => app.isQuiet());
    return (await app.runs()).at(0)?.number ?? 0;
  };
  const pushed = async () => {
    const run = await delivered();
    return { head: await headOf(), run, ...(await runner.planned(run)) };
  };
  const files = async (commit: string, on: boolean, under = '.') => {
    const archive = await runner.sources.tar('storefront', commit, under, on ? ['submodules'] : []);
    const found: string[] = [];
    for await (const entry of archive.pipe(extract())) {
      found.push(entry.header.name);
      entry.resume();
    }
    return found.sort();
  };
  const own = ['.gitmodules', 'added-libs-base', 'gantry.yml'];
  const base = ['.gitmodules', 'Dockerfile', 'added-in', 'in/deep.txt', 'old.txt'];

  it('is left out, and the log says so and how it is had', async () => {
    const { head, state, reason, log } = await pushed();
    expect(log)
      .to.include('the submodules of this commit are left out')
      .and.include('gantry app source storefront --submodules on');
    expect([state, reason.includes('libs/base/Dockerfile')]).to.deep.equal(['failed', true]);
    expect(await files(head, false)).to.deep.equal(own);
    const answer = await house.json<{ source: { extras: string[] } }>('/api/v1/apps/storefront');
    expect(answer.source.extras).to.deep.equal([]);
  });

  it('is as it is pinned in every file, and so is one inside of it, once somebody has turned them on', async () => {
    await turn(true);
    const { head, state, reason, log } = await pushed();
    expect([state, reason]).to.deep.equal(['succeeded', '']);
    expect(log).to.not.include('left out');
    expect(await files(head, true)).to.deep.equal([...own, ...base.map((path) => `libs/base/${path}`)].sort());
    expect(await files(head, true, 'libs/base')).to.deep.equal(base);
    expect(await files(head, true, 'libs/base/in')).to.deep.equal(['deep.txt']);
    const dockerfile = await runner.sources.readFile('storefront', head, 'libs/base/Dockerfile', 100, ['submodules']);
    expect(dockerfile?.toString()).to.equal('FROM scratch\n');
    const git = (...args: string[]) => tree.git('-C', join(house.home, 'git', 'storefront.git'), ...args);
    expect((await git('log', '--format=%P', `refs/gantry/modules/${pinned}`)).text.trim(), 'no history').to.equal('');
    expect((await git('rev-parse', '--is-shallow-repository')).text.trim()).to.equal('false');
    expect(readdirSync(join(house.home, 'git'))).to.deep.equal(['storefront.git']);
    const url = house.web.url.replace('//', `//x:${house.token}@`);
    expect((await tree.git('ls-remote', `${url}/git/storefront.git`)).text).to.not.include('refs/gantry');
  });

  it('is fetched for a run that is started again after they were turned on, and left out after they were turned off', async () => {
    const { head, run } = await pushed();
    await turn(true);
    const restarted = await house.post(`/api/v1/apps/storefront/runs/${run}/restart`, {});
    expect(restarted.status).to.equal(200);
    expect((await runner.planned(run + 1)).state).to.equal('succeeded');
    await turn(false);
    await house.post('/api/v1/apps/storefront/runs', { ref: 'main' });
    expect((await runner.planned(run + 2)).state).to.equal('failed');
    expect(await files(head, false)).to.deep.equal(own);
  });

  it('that the source does not give is tried again, and the log has the reason', async () => {
    await turn(true);
    await rename(lib.folder, `${lib.folder}-moved`);
    const run = await delivered();
    await until(async () => (await runner.logOf(run)).includes('submodule libs/base: the source cannot be fetched'));
    await rename(`${lib.folder}-moved`, lib.folder);
    expect((await runner.planned(run)).state).to.equal('succeeded');
  });

  it('of another host fails the run, which says why, and nobody is called [S5]', async () => {
    await turn(true);
    await tree.git('config', '-f', '.gitmodules', 'submodule.libs/base.url', 'https://evil.example/lib.git');
    await tree.commit('b.txt', 'two');
    const { state, reason } = await pushed();
    expect(state).to.equal('failed');
    expect(reason).to.include('submodule libs/base: its address in .gitmodules is refused');
  });

  it('runs nothing that its .gitmodules or its repository name [S6]', async () => {
    await turn(true);
    const mark = join(house.home, 'pwned');
    const evil = `[include]\n path = ${mark}\n[submodule "libs/base"]\n path = libs/base\n url = ../${basename(lib.folder)}\n`;
    const more = ` update = !touch ${mark}\n branch = --upload-pack=touch\n[core]\n fsmonitor = touch ${mark}\n`;
    const odd = `[submodule "../../x"]\n path = ../../x\n url = ext::touch ${mark}\n[submodule "y"]\n path = :(top)\n url = -x\n`;
    await tree.commit('.gitmodules', `${evil}${more}${odd}`);
    await lib.git('config', 'uploadpack.packObjectsHook', `touch ${mark}`);
    const { head, state } = await pushed();
    expect(state).to.equal('succeeded');
    expect(await files(head, true)).to.include('libs/base/Dockerfile');
    expect(existsSync(mark)).to.equal(false);
  });

  it('in great number is refused', async () => {
    await turn(true);
    const url = `../${basename(lib.folder)}`;
    const names = Array.from({ length: MODULES_MAX + 1 }, (_, i) => `m${i}`);
    const links = names.flatMap((name) => ['--cacheinfo', `160000,${pinned},${name}`]);
    const lines = names.map((name) => `[submodule "${name}"]\n path = ${name}\n url = ${url}\n`);
    await writeFile(join(tree.folder, '.gitmodules'), lines.join(''));
    await tree.git('update-index', '--add', ...links, '.gitmodules');
    await tree.git('commit', '-q', '-m', 'many');
    const { state, reason } = await pushed();
    expect(state).to.equal('failed');
    expect(reason).to.include(`a commit may have ${MODULES_MAX} submodules`);
  });

  it('that no file names is missed, and not left out in silence', async () => {
    await turn(true);
    const { head } = await pushed();
    await tree.git('update-index', '--add', '--cacheinfo', `160000,${head},unnamed`);
    await tree.git('commit', '-q', '-m', 'unnamed');
    const { state, reason } = await pushed();
    expect(state).to.equal('failed');
    expect(reason).to.include('the files of submodule unnamed').and.include('were not fetched');
  });

  it('goes along in a backup of its repository', async () => {
    await turn(true);
    const { head } = await pushed();
    const bare = join(house.home, 'git', 'storefront.git');
    const bundle = join(house.home, 'x.bundle');
    expect((await tree.git('-C', bare, 'bundle', 'create', '--quiet', bundle, '--all')).code).to.equal(0);
    await rename(bare, `${bare}.old`);
    expect((await tree.git('clone', '--quiet', '--mirror', bundle, bare)).code).to.equal(0);
    expect(await files(head, true)).to.include('libs/base/in/deep.txt');
  });

  it('of a source over SSH is fetched with the key of the app, from the host that was pinned', async function () {
    if (!hasSshd()) skipBecause(this, 'needs openssh-server: ./gantry test brings it');
    await tree.git('config', '-f', '.gitmodules', 'submodule.libs/base.url', '../lib.git');
    await tree.commit('b.txt', 'two');
    const forge = await SshRepository.make(tree.folder);
    try {
      for (const [name, { folder }] of Object.entries({ lib, [basename(deep.folder)]: deep })) {
        const mirror = join(dirname(forge.bare), name === 'lib' ? 'lib.git' : name);
        await tree.git('clone', '-q', '--mirror', folder, mirror);
      }
      const body = { url: forge.url, hostKey: await forge.fingerprint() };
      const answer = await house.post('/api/v1/apps/storefront/source', body);
      await forge.letIn(((await answer.json()) as { publicKey: string }).publicKey);
      await turn(true);
      const { head, state, reason } = await pushed();
      expect([state, reason]).to.deep.equal(['succeeded', '']);
      expect(await files(head, true)).to.include('libs/base/in/deep.txt');
    } finally {
      await forge.remove();
    }
  });

  it('is turned on by whoever may change the app, for the app that has the remote, and when it has a source', async () => {
    const extras = (name: string, body: object) => house.post(`/api/v1/apps/${name}/source/extras`, body);
    const ada = await guestIn(house, 'ada', 'developer', 'storefront');
    const asked = await ada.post('/api/v1/apps/storefront/source/extras', { submodules: true });
    expect(asked.status, 'whoever pushes is not asked').to.equal(403);
    await house.post('/api/v1/apps', { name: 'stock', path: 'stock', repository: 'storefront' });
    await house.post('/api/v1/apps', { name: 'unconnected' });
    expect((await extras('stock', { submodules: true })).status).to.equal(409);
    expect((await extras('unconnected', { submodules: true })).status).to.equal(409);
    expect((await extras('storefront', { submodules: 'yes' })).status).to.equal(400);
    await turn(true);
    expect(await (await extras('storefront', {})).json(), 'what is left out stays').to.deep.include({
      extras: ['submodules'],
    });
    await house.post('/api/v1/apps/storefront/source', { url: tree.folder });
    const app = await house.json<{ source: { extras: string[] } }>('/api/v1/apps/storefront');
    expect(app.source.extras, 'connected again').to.deep.equal(['submodules']);
    const { items } = await house.json<{ items: { action: string }[] }>('/api/v1/audit');
    expect(items.filter(({ action }) => action === 'app.source')).to.have.length(2);
  });
});
