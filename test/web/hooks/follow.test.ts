import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { databaseEnvironment, onSqliteOnly } from '../../support/engine';
import { bodyOf, headersOf, WatchedGit } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse } from '../support/house';
import { HttpsRepository } from '../support/https-repository';
import { until } from '../support/until';
import { ConnectedApp } from './support';

const push = bodyOf('github-push');

describe('following a webhook', () => {
  let house: House;
  let tree: WorkTree;
  let git: WatchedGit;
  let app: ConnectedApp;
  let head: string;
  /** What the process has logged, as text. */
  let logged: string;
  const keep = (fields: object, text: string) => {
    logged += `${JSON.stringify(fields)} ${text}\n`;
  };

  beforeEach(async () => {
    logged = '';
    git = await WatchedGit.make();
    tree = await WorkTree.make();
    head = await tree.commit('a.txt', 'one');
    house = await makeHouse({ log: { info: keep, warn: keep, error: keep } }, { programs: git.programs });
    app = await ConnectedApp.make(house, tree.folder);
  });
  afterEach(async () => {
    git.release();
    await house.close();
    await tree.remove();
    await git.remove();
  });

  const call = (id: string, body = push) => app.call('github', headersOf.github(app.secret, body, id), body);
  const connect = (body: object) => house.post('/api/v1/apps/storefront/source', body);

  it('makes a run of each move, forced ones included [F36]', async () => {
    await call('one');
    await until(() => app.isQuiet());
    const next = await tree.commit('a.txt', 'two');
    await call('two');
    await until(() => app.isQuiet());
    await tree.git('reset', '-q', '--hard', head);
    await call('three');
    await until(() => app.isQuiet());
    expect((await app.runs()).map(({ commit }) => commit)).to.deep.equal([head, next, head]);
    expect((await app.hooks()).map(({ outcome }) => outcome)).to.deep.equal(['run', 'run', 'run']);
  });

  it('makes one run when a push, the loop that compares refs, and a webhook tell the same', async () => {
    await tree.git('push', join(house.home, 'git', 'storefront.git'), 'main');
    await house.restart();
    await until(async () => (await app.runs()).length > 0);
    await call('late');
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
    expect((await app.hooks())[0]).to.include({ outcome: 'known', run: 1 });
  });

  it('ignores a branch that the source has no more', async () => {
    await tree.git('branch', '-m', 'trunk');
    await call('gone');
    await until(() => app.isQuiet());
    expect((await app.hooks())[0]).to.include({
      outcome: 'ignored',
      reason: 'the source has no refs/heads/main any more',
    });
  });

  it('fetches what many hooks name at once, each to its own run, and ends those whose branch is gone', async () => {
    const bodyFor = (branch: string) => Buffer.from(JSON.stringify({ ref: `refs/heads/${branch}`, after: head }));
    const heads: Record<string, string> = {};
    for (const branch of ['one', 'two', 'three']) {
      await tree.git('checkout', '-q', '-B', branch);
      heads[branch] = await tree.commit('b.txt', branch);
    }
    git.hold();
    await call('first');
    await until(() => git.fetches.length === 1);
    for (const branch of ['one', 'two', 'gone', 'three']) await call(branch, bodyFor(branch));
    git.release();
    await until(() => app.isQuiet());
    const runs = Object.fromEntries((await app.runs()).map(({ ref, commit }) => [ref.slice(11), commit]));
    expect(runs).to.deep.equal({ ...heads, main: head });
    const hooks = Object.fromEntries((await app.hooks()).map(({ ref, outcome }) => [ref.slice(11), outcome]));
    expect(hooks).to.deep.equal({ main: 'run', one: 'run', two: 'run', gone: 'ignored', three: 'run' });
    expect(git.fetches[1], 'all in one').to.include('one').and.include('two').and.include('three');
  });

  it('follows the other branches of an app when one cannot be written', async () => {
    const bodyFor = (branch: string) => Buffer.from(JSON.stringify({ ref: `refs/heads/${branch}`, after: head }));
    await tree.git('push', join(house.home, 'git', 'storefront.git'), 'main:refs/heads/way');
    await tree.git('branch', 'way/blocked');
    await tree.git('branch', 'other');
    git.hold();
    await call('first');
    await until(() => git.fetches.length === 1);
    for (const branch of ['way/blocked', 'other', 'gone']) await call(branch.replace('/', '-'), bodyFor(branch));
    git.release();
    const hook = async (branch: string) => (await app.hooks()).find(({ delivery }) => delivery === branch);
    await until(async () => ((await hook('way-blocked'))?.attempts ?? 0) > 0);
    await until(async () => (await hook('gone'))?.outcome !== 'pending');
    expect(await hook('other')).to.include({ outcome: 'run', attempts: 0 });
    expect(await hook('gone')).to.include({ outcome: 'ignored' });
    expect((await hook('way-blocked'))?.reason).to.include('a ref of the source cannot be written: error:');
  });

  it('keeps what it cannot fetch with the reason, and goes on when the source is connected anew', async () => {
    await rename(tree.folder, `${tree.folder}-moved`);
    await call('early');
    await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
    const [hook] = await app.hooks();
    expect(hook).to.include({ outcome: 'pending', run: null });
    expect(hook?.reason).to.include('the source cannot be fetched: fatal:').and.include('does not appear to be');
    const answer = (await (await connect({ url: `${tree.folder}-moved` })).json()) as { secret: string | null };
    expect(answer.secret, 'it keeps its secret, and does not show it again').to.equal(null);
    await until(() => app.isQuiet());
    expect((await app.runs())[0]).to.include({ commit: head });
    await rename(`${tree.folder}-moved`, tree.folder);
  });

  it('is tried again at once when the forge sends it again', async () => {
    await rename(tree.folder, `${tree.folder}-moved`);
    await call('again');
    await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
    await rename(`${tree.folder}-moved`, tree.folder);
    expect((await call('again')).status).to.equal(200);
    await until(() => app.isQuiet());
    expect((await app.hooks())[0]).to.include({ outcome: 'run', run: 1 });
  });

  it('is ended when web stops, and goes on at the next start', async () => {
    git.hold();
    await call('stopped');
    await until(() => git.fetches.length === 1);
    await house.web.stop();
    expect(await house.engine.runs.list({ limit: 10 })).to.have.length(0);
    git.release();
    await house.restart();
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
  });

  it('goes on at the next start when it was fetched and web died before it was told [F2]', async () => {
    await house.web.stop();
    const source = await house.engine.hooks.secretOf('storefront');
    const move = { ref: 'refs/heads/main', after: head };
    const named = { appId: source!.appId, forge: 'github', deliveryId: 'half', event: 'push' };
    await house.engine.hooks.receive({ ...named, move, ignored: '' });
    const repository = join(house.home, 'git', 'storefront.git');
    await tree.git('--git-dir', repository, 'fetch', '-q', tree.folder, 'main:main');
    await house.restart();
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
    expect((await app.hooks())[0]).to.include({ run: 1 });
  });

  describe('after kill -9 between the answer and the fetch', () => {
    let child: ChildProcess;
    afterEach(() => child.kill('SIGKILL'));

    it('still makes the run, once', async () => {
      await house.web.stop();
      const file = join(__dirname, '..', 'support', 'web-process.ts');
      child = spawn(process.execPath, ['-r', 'ts-node/register', file, house.home, git.programs], {
        env: { ...process.env, ...(await databaseEnvironment(house.home)), TS_NODE_TRANSPILE_ONLY: 'true' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [line] = (await once(child.stdout!, 'data')) as [Buffer];
      git.hold();
      const headers = headersOf.github(app.secret, push, 'killed');
      const url = `${line.toString().trim()}/hooks/storefront/github`;
      const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(push) });
      expect(answer.status).to.equal(202);
      await until(() => git.fetches.length === 1);
      child.kill('SIGKILL');
      await once(child, 'close');
      git.release();
      await house.restart();
      await until(() => app.isQuiet());
      expect(await app.runs()).to.have.length(1);
      expect((await app.runs())[0]).to.include({ commit: head });
      expect((await call('killed')).status).to.equal(200);
      expect(await app.runs()).to.have.length(1);
    }).timeout(20_000);
  });

  describe('over HTTPS', () => {
    const TOKEN = 'glpat-Zx81_very-secret';
    let forge: HttpsRepository;
    beforeEach(async () => {
      forge = await HttpsRepository.make(tree.folder, TOKEN);
      await house.close();
      house = await makeHouse(
        { log: { info: keep, warn: keep, error: keep } },
        { programs: git.programs, forgeCaBundle: forge.authority },
      );
    });
    afterEach(() => forge.remove());

    it('gives the token to the forge, and to nobody else', async () => {
      app = await ConnectedApp.make(house, forge.url, TOKEN);
      await call('secure');
      await until(async () => (await app.isQuiet()) || ((await app.hooks())[0]?.attempts ?? 0) > 0);
      expect((await app.hooks())[0]).to.include({ outcome: 'run', reason: '', run: 1 });
      expect((await app.runs())[0]).to.include({ commit: head });
      expect(new Set(forge.asked)).to.deep.equal(new Set([forge.wanted]));
      const audit = await house.engine.parts.store.read.selectFrom('audit').selectAll().execute();
      const answers = await Promise.all(
        ['', '/hooks', '/runs'].map(async (path) => (await house.ask(`/api/v1/apps/storefront${path}`)).text()),
      );
      const everything = [logged, git.calls.join('\n'), JSON.stringify(audit), ...answers].join('\n');
      expect(everything).to.include(forge.url).and.include('"hasToken":true');
      for (const form of [TOKEN, Buffer.from(`x-access-token:${TOKEN}`).toString('base64'), app.secret]) {
        expect(everything).to.not.include(form);
      }
    }).timeout(10_000);

    it('says so when the token is wrong, and goes on with the right one', async () => {
      app = await ConnectedApp.make(house, forge.url, 'glpat-wrong');
      await call('denied');
      await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
      expect((await app.hooks())[0]?.reason).to.equal('the source wants a token, or another one than Gantry has');
      await connect({ url: forge.url, token: TOKEN });
      await until(() => app.isQuiet());
      expect((await app.hooks())[0]).to.include({ outcome: 'run', run: 1 });
    }).timeout(10_000);

    it('is called only where outgoing calls may go, at the address that was judged [S16]', async () => {
      let told = '127.0.0.1';
      const resolver = async () => [told];
      await house.restart({ outgoing: { allow: [], resolver } });
      app = await ConnectedApp.make(house, forge.url, TOKEN);
      await call('inside');
      await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
      expect((await app.hooks())[0]?.reason).to.match(/^localhost leads to 127\.0\.0\.1, .*: not called$/);
      expect(forge.asked, 'nothing has left').to.deep.equal([]);
      await house.restart({ outgoing: { allow: ['127.0.0.0/8'], resolver } });
      await connect({ url: forge.url, token: TOKEN });
      await until(() => app.isQuiet());
      expect((await app.hooks())[0]).to.include({ outcome: 'run' });
      const asked = forge.asked.length;
      // An allowed address where nothing listens: git goes there, and not where the machine's own resolver leads.
      told = '127.9.9.9';
      await call('elsewhere');
      await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
      expect(forge.asked).to.have.length(asked);
    }).timeout(10_000);

    it('follows no redirect', async () => {
      forge.moved = true;
      app = await ConnectedApp.make(house, forge.url, TOKEN);
      await call('redirected');
      await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
      expect(forge.paths).to.have.length.above(0);
      expect(forge.paths.filter((path) => path.startsWith('/moved.git'))).to.deep.equal([]);
    }).timeout(10_000);
  });

  describe('from a source that is hostile', () => {
    const hostile = [
      'ext::sh -c "touch pwned"',
      'ext::touch%20pwned',
      '--upload-pack=touch pwned',
      '-c core.sshCommand=x',
      'ssh://-oProxyCommand=touch/x',
      'ssh://x/app.git',
      'ssh://-oProxyCommand=touch@x/y',
      'ssh://git@-oProxyCommand=touch%20pwned/y',
      'ssh://git@x/--upload-pack=y',
      'ssh://git@x/a%0ab',
      'ssh://git@x/$(touch pwned)',
      "ssh://git@x/a';touch pwned;'",
      'ssh://git:password@x/y',
      'ssh://git@x/y?a=b',
      '-oProxyCommand=touch@x:y',
      'git@-oProxyCommand=touch:y',
      'git@x:-y',
      'git@x:--upload-pack=y',
      'git@x:',
      'git@x:a`touch\tpwned`',
      'git@x:a$(touch)',
      'git@x:../y',
      'ext::ssh@x:y',
      'x:y.git',
      'git://example.org/x.git',
      'http://example.org/x.git',
      'file:///etc',
      'https://user:password@example.org/x.git',
      'https://example.org',
      'https://-x/y',
      'https://example.org/x.git?a=b',
      'https://exa mple.org/x',
      'https://example.org/x\n--upload-pack=y',
      '../other.git',
      '/srv/../etc',
      '/',
      '',
    ];
    for (const url of hostile) {
      it(`${JSON.stringify(url)} is refused, and nothing is started [S5]`, async () => {
        const before = git.caused.length;
        const answer = await connect({ url });
        expect(answer.status).to.equal(400);
        const { error } = (await answer.json()) as { error: { code: string; message: string; next: string } };
        expect(error.code).to.equal('source-url');
        expect(error.next).to.not.equal('');
        expect(JSON.stringify(error)).to.not.include('password@');
        expect(git.caused).to.have.length(before);
      });
    }

    it('is a path and nothing else when its name looks like a command [S5]', async () => {
      const odd = `${tree.folder}';touch\${IFS}pwned;$(touch\${IFS}pwned)`;
      await rename(tree.folder, odd);
      try {
        expect((await connect({ url: odd })).status).to.equal(200);
        await call('odd');
        await until(() => app.isQuiet());
        expect((await app.hooks())[0]).to.include({ outcome: 'run', run: 1 });
        const folders = [process.cwd(), odd, house.home, join(house.home, 'git', 'storefront.git')];
        expect(folders.filter((folder) => existsSync(join(folder, 'pwned')))).to.deep.equal([]);
      } finally {
        await rename(odd, tree.folder);
      }
    });

    it('in the database itself is refused once more before git sees it', async () => {
      const mark = join(house.home, 'pwned');
      for (const url of [`ext::touch ${mark}`, `--upload-pack=touch ${mark}`, `ssh://x/${mark}`]) {
        await house.engine.parts.store.write((tx) => tx.updateTable('app_sources').set({ url }).execute());
        await call(`tampered-${url.length}`);
        await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
        expect((await app.hooks())[0]?.reason).to.include('the source must be an https or ssh URL, or a path');
      }
      expect(git.fetches).to.have.length(0);
      expect(existsSync(mark)).to.equal(false);
    });
  });

  it('keeps its secrets in files that only their user may read', async function () {
    onSqliteOnly(this, 'PostgreSQL keeps its files itself');
    for (const name of ['gantry.db', 'gantry.db-wal']) {
      expect(statSync(join(house.home, name)).mode & 0o777, name).to.equal(0o600);
    }
  });

  it('shows where an app comes from, without its secrets', async () => {
    const { source } = await house.json<{ source: object }>('/api/v1/apps/storefront');
    expect(source).to.deep.include({ url: tree.folder, hasToken: false });
    const forges = ['github', 'gitlab', 'gitea', 'gitee', 'bitbucket', 'bitbucket-dc', 'generic'];
    expect((source as { hooks: object }).hooks).to.deep.equal(
      Object.fromEntries(forges.map((forge) => [forge, `${house.web.url}/hooks/storefront/${forge}`])),
    );
    const anew = (await (await connect({ url: tree.folder, newSecret: true })).json()) as { secret: string };
    expect(anew.secret)
      .to.match(/^whsec_.{44}$/)
      .and.not.equal(app.secret);
    expect((await call('old')).status, 'the old secret').to.equal(401);
    expect((await connect({ url: tree.folder, secret: 'short' })).status).to.equal(400);
    expect((await connect({ url: tree.folder, token: 'x' })).status).to.equal(400);
    expect((await connect({ url: 'https://example.org/x.git', token: 'a b' })).status).to.equal(400);
  });

  describe('while its secret is being replaced', () => {
    let ahead: number;
    beforeEach(async () => {
      ahead = 0;
      await house.close();
      house = await makeHouse({ clock: { now: () => Date.now() + ahead } }, { programs: git.programs });
      app = await ConnectedApp.make(house, tree.folder);
    });
    const rotate = async (body: object = {}) => {
      const answer = await house.post('/api/v1/apps/storefront/secret', body);
      expect(answer.status).to.equal(200);
      return (await answer.json()) as { secret: string; earlierUntil: number | null };
    };
    const signedWith = async (secret: string) => {
      const headers = headersOf.github(secret, push, `${Math.random()}`);
      return (await app.call('github', headers, push)).status;
    };
    const shown = async () =>
      (await house.json<{ source: { earlierSecretUntil: number | null } }>('/api/v1/apps/storefront')).source;

    it('takes both for a day, and says until when', async () => {
      const { secret, earlierUntil } = await rotate();
      expect(earlierUntil).to.be.closeTo(Date.now() + 24 * 3_600_000, 60_000);
      expect((await shown()).earlierSecretUntil).to.equal(earlierUntil);
      expect(await signedWith(app.secret)).to.equal(202);
      expect(await signedWith(secret)).to.equal(202);
      expect(await signedWith('neither of them')).to.equal(401);
      ahead = 24 * 3_600_000 + 1_000;
      expect(await signedWith(app.secret), 'the old one after a day').to.equal(401);
      expect(await signedWith(secret)).to.equal(202);
      expect((await shown()).earlierSecretUntil).to.equal(null);
      const audit = await house.engine.parts.store.read.selectFrom('audit').select(['action', 'detail']).execute();
      expect(audit.map(({ action }) => action)).to.include('app.rotate-secret');
      expect(JSON.stringify(audit)).to.not.include(secret);
    });

    it('ends the old one at once when that is asked for, also one of an earlier rotation', async () => {
      const { secret: second } = await rotate();
      const { secret: third, earlierUntil } = await rotate({ now: true, secret: 'a-secret-of-the-forge' });
      expect([third, earlierUntil]).to.deep.equal(['a-secret-of-the-forge', null]);
      expect([await signedWith(app.secret), await signedWith(second), await signedWith(third)]).to.deep.equal([
        401, 401, 202,
      ]);
      expect((await house.post('/api/v1/apps/storefront/secret', { secret: 'short' })).status).to.equal(400);
      await house.post('/api/v1/apps', { name: 'unconnected' });
      expect((await house.post('/api/v1/apps/unconnected/secret', {})).status).to.equal(409);
    });

    it('keeps the secrets of hooks and the tokens of forges sealed in the records', async () => {
      const { secret } = await rotate();
      await connect({ url: 'https://forge.example.org/a.git', token: 'glpat-very-secret' });
      const rows = await house.engine.parts.store.read.selectFrom('app_sources').selectAll().execute();
      for (const plain of [secret, app.secret, 'glpat-very-secret']) expect(JSON.stringify(rows)).to.not.include(plain);
      expect(await signedWith(secret)).to.equal(202);
    });

    it('still takes what was stored before there was a key to seal it', async () => {
      await house.engine.parts.store.write((tx) =>
        tx.updateTable('app_sources').set({ secret: 'a-plain-secret-of-before' }).execute(),
      );
      expect(await signedWith('a-plain-secret-of-before')).to.equal(202);
    });
  });
});
