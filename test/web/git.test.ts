import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { WorkTree } from './support/git';
import { type House, makeHouse } from './support/house';
import { FakeRunner } from './support/runner';

describe('the built-in Git remote', () => {
  let house: House;
  let tree: WorkTree;
  let runner: FakeRunner;

  beforeEach(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    runner = new FakeRunner(house.engine);
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(async () => {
    await tree.remove();
    await house.close();
  });

  const remote = (token = house.token, app = 'storefront') =>
    `${house.web.url.replace('://', `://me:${token}@`)}/git/${app}.git`;

  it('stores a pushed commit as a delivery and tells the address of its run', async () => {
    const commit = await tree.commit('a.txt', 'one');
    const pushed = await tree.git('push', '-o', 'no-follow', remote(), 'main');
    expect(pushed.code, pushed.text).to.equal(0);
    expect(pushed.text).to.include('Gantry: run 1 of storefront for main');
    expect(pushed.text).to.include(`${house.web.url}/apps/storefront/runs/1`);
    const run = await house.json('/api/v1/apps/storefront/runs/1');
    expect(run).to.include({ commit, state: 'queued', startedBy: 'owner', ref: 'refs/heads/main' });
  });

  it('shows the stages until the first wait for people, with the command that answers', async () => {
    await tree.commit('a.txt', 'one');
    const pushing = tree.git('push', remote(), 'main');
    await runner.succeedUntil('gray/approve');
    const { code, text } = await pushing;
    expect(code).to.equal(0);
    expect(text).to.match(/test\/deliver +ok +\d+\.\d s/);
    expect(text).to.include('gray/approve waits for one person (release-manager) to approve');
    expect(text).to.include('gantry approve storefront 1 --step gray/approve');
    for (const line of text.split('\n')) expect(line.trimEnd().length).to.be.below(100);
  });

  it('shows why a run failed and the last lines of the step that did', async () => {
    await tree.commit('a.txt', 'one');
    const pushing = tree.git('push', remote(), 'main');
    await runner.succeed();
    const log = Array.from({ length: 40 }, (_, i) => `line ${i + 1}`).join('\n');
    await runner.fail('npm ci ended with 1', `${log}\n\u001b[31mno such package\u001b[0m\n`);
    const { code, text } = await pushing;
    expect(code, 'the push itself is stored').to.equal(0);
    expect(text).to.match(/build-image +failed/);
    expect(text).to.include('| line 40').and.not.include('| line 20 ');
    expect(text).to.include('| no such package').and.not.include('\u001b[31m');
    expect(text).to.include('run 1 failed').and.include('npm ci ended with 1');
  });

  it('keeps a failed instance when the pusher says so, and says when the time makes no sense', async () => {
    await tree.commit('a.txt', 'one');
    const pushed = await tree.git('push', '-o', 'keep-failed=10m', '-o', 'no-follow', remote(), 'main');
    expect(pushed.code).to.equal(0);
    expect((await house.engine.runs.find('storefront', 1)).row.keep_failed_ms).to.equal(600_000);
    await tree.commit('a.txt', 'two');
    const doubtful = await tree.git('push', '-o', 'keep-failed=long', '-o', 'no-follow', remote(), 'main');
    expect(doubtful.text).to.include('the option "keep-failed=long" is not used');
    expect((await house.engine.runs.find('storefront', 2)).row.keep_failed_ms).to.equal(null);
  });

  it('says why a run was ignored, with the planner’s proposal', async () => {
    await tree.commit('a.txt', 'one');
    const pushing = tree.git('push', remote(), 'main');
    const lease = await runner.take();
    await runner.log(lease, 'app: storefront\nserve:\n  port: 3000\n');
    await runner.end(lease, { end: 'ignored', reason: 'there is no gantry.yml' });
    const { text } = await pushing;
    expect(text).to.include('|   port: 3000').and.include('run 1 ignored').and.include('there is no gantry.yml');
  });

  it('makes a run of each pushed ref, and none of a deleted one [F36]', async () => {
    await tree.commit('a.txt', 'one');
    await tree.git('tag', '-a', 'v1', '-m', 'first');
    await tree.git('branch', 'topic');
    const pushed = await tree.git('push', '-o', 'no-follow', remote(), 'main', 'topic', 'v1');
    expect(pushed.text).to.include('for main').and.include('for topic').and.include('for v1');
    const deleted = await tree.git('push', remote(), ':topic');
    expect(deleted.code, deleted.text).to.equal(0);
    expect(deleted.text).to.include('refs/heads/topic was deleted; nothing to deliver');
    const runs = await house.json<{ items: unknown[] }>('/api/v1/apps/storefront/runs');
    expect(runs.items).to.have.length(3);
  });

  it('gives back what was pushed, large packs and packed requests included', async () => {
    for (let i = 0; i < 4; i++) await tree.commit(`f${i}.bin`, randomBytes(600_000).toString('base64'), `commit ${i}`);
    const pushed = await tree.git('push', '-o', 'no-follow', remote(), 'main');
    expect(pushed.code, pushed.text).to.equal(0);
    const other = await WorkTree.make();
    try {
      const pulled = await other.git('pull', '-q', remote(), 'main');
      expect(pulled.code, pulled.text).to.equal(0);
      const [there, here] = await Promise.all([other.git('rev-parse', 'HEAD'), tree.git('rev-parse', 'HEAD')]);
      expect(there.text).to.equal(here.text);
      // Many `have` lines make git pack its next request.
      for (let i = 0; i < 30; i++) await other.git('commit', '-q', '--allow-empty', '-m', `own ${i}`);
      await tree.commit('last.txt', 'last');
      await tree.git('push', '-o', 'no-follow', remote(), 'main');
      const fetched = await other.git('fetch', '-q', remote(), 'main');
      expect(fetched.code, fetched.text).to.equal(0);
    } finally {
      await other.remove();
    }
  }).timeout(20_000);

  it('takes a forced push [F36]', async () => {
    await tree.commit('a.txt', 'one');
    await tree.git('push', '-o', 'no-follow', remote(), 'main');
    await tree.git('commit', '-q', '--amend', '-m', 'better');
    const forced = await tree.git('push', '-f', '-o', 'no-follow', remote(), 'main');
    expect(forced.code, forced.text).to.equal(0);
    expect(forced.text).to.include('run 2');
  });

  it('refuses a wrong token, and challenges for one', async () => {
    await tree.commit('a.txt', 'one');
    const pushed = await tree.git('push', remote('gantry_wrong'), 'main');
    expect(pushed.code).to.not.equal(0);
    expect(pushed.text).to.match(/Authentication failed/i);
    const bare = await house.ask('/git/storefront.git/info/refs?service=git-receive-pack', { as: 'nobody' });
    expect(bare.status).to.equal(401);
    expect(bare.headers.get('www-authenticate')).to.match(/^Basic /);
    expect((await house.json<{ items: unknown[] }>('/api/v1/runs')).items).to.deep.equal([]);
  });

  it('knows no repository but those of its apps', async () => {
    await tree.commit('a.txt', 'one');
    const pushed = await tree.git('push', remote(house.token, 'elsewhere'), 'main');
    expect(pushed.code).to.not.equal(0);
    expect(pushed.text).to.match(/not found/i);
    const basic = { authorization: `Basic ${Buffer.from(`me:${house.token}`).toString('base64')}` };
    for (const path of [
      '/git/..%2Fgit%2Fstorefront.git/info/refs?service=git-upload-pack',
      '/git/storefront.git/config',
    ]) {
      expect((await house.ask(path, { headers: basic })).status, path).to.equal(404);
    }
  });

  it('ends what it started when the pusher goes away, and keeps the delivery', async () => {
    await tree.commit('a.txt', 'one');
    const gone = tree.git('-c', 'http.lowSpeedLimit=1000', '-c', 'http.lowSpeedTime=1', 'push', remote(), 'main');
    expect((await gone).code, 'a client that gives up is told no success').to.not.equal(0);
    const run = await house.json('/api/v1/apps/storefront/runs/1');
    expect(run).to.include({ state: 'queued' });
  });
});
