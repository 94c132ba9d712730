import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { gitSources } from '../../runners/workspace/sources';
import { makeHouse as makeRunningHouse } from '../support/house';
import { ConnectedApp } from '../web/hooks/support';
import { headersOf } from '../web/support/forge';
import { WorkTree } from '../web/support/git';
import { type House, makeHouse } from '../web/support/house';
import { until } from '../web/support/until';
import { run } from './support/clients';

describe('a repository that Git brings', () => {
  let house: House;
  let tree: WorkTree;
  /** Every command of an attacker makes this file. */
  let pwned: string;
  beforeEach(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    pwned = join(tree.folder, 'pwned');
    await house.post('/api/v1/apps', { name: 'storefront' });
  });
  afterEach(async () => {
    await house.close();
    await tree.remove();
  });

  const remote = () => `${house.web.url.replace('://', `://me:${house.token}@`)}/git/storefront.git`;
  const runs = async () => {
    const { items } = await house.json<{ items: { ref: string; title: string }[] }>('/api/v1/apps/storefront/runs');
    return items;
  };

  it('has branches and messages that no shell carries out [S5] [S41]', async () => {
    const touch = `touch\${IFS}${pwned}`;
    const names = [
      `$(${touch})`,
      `\`${touch}\``,
      `a;${touch}`,
      `a|${touch}`,
      `a&${touch}`,
      `'${touch}'`,
      `"$(${touch})`,
    ];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is one of a shell
    const branches = [...names, '--upload-pack=x', '-c', 'a%s%n', '$HOME', '${PATH}', 'x\'"y', '😀'];
    await tree.commit('a.txt', 'one', `$(touch ${pwned}) \`touch ${pwned}\`; touch ${pwned} # "\u001b[2J"`);
    await tree.git('config', 'core.quotePath', 'false');
    const pushed = await tree.git(
      'push',
      '-o',
      'no-follow',
      remote(),
      ...branches.map((name) => `HEAD:refs/heads/${name}`),
    );
    expect(pushed.code, pushed.text).to.equal(0);
    expect((await runs()).map(({ ref }) => ref)).to.have.members(branches.map((name) => `refs/heads/${name}`));
    expect(existsSync(pwned)).to.equal(false);
  });

  it('is refused by names that are none, and by names outside of branches and tags [S5]', async () => {
    const head = await tree.commit('a.txt', 'one');
    for (const ref of [
      'refs/heads/a..b',
      'refs/heads/.lock',
      'refs/heads/a.lock',
      'refs/heads/@{u}',
      'refs/heads/a b',
    ]) {
      expect((await tree.git('push', remote(), `HEAD:${ref}`)).code, ref).to.not.equal(0);
    }
    for (const ref of [`refs/replace/${head}`, 'refs/meta/config', 'refs/notes/x']) {
      const pushed = await tree.git('push', '-o', 'no-follow', remote(), `HEAD:${ref}`);
      expect(pushed.text, ref).to.include('hidden ref');
    }
    expect(await runs()).to.deep.equal([]);
  });

  it('runs none of its hooks, settings, filters, submodules and helpers [S6]', async () => {
    const evil = `#!/bin/sh\ntouch ${pwned}\n`;
    const put = (path: string, text: string, mode = 0o755) => {
      mkdirSync(dirname(join(tree.folder, path)), { recursive: true });
      writeFileSync(join(tree.folder, path), text, { mode });
    };
    put('.gitattributes', '* filter=evil diff=evil merge=evil\n*.bin filter=lfs\n');
    put(
      '.gitmodules',
      `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch ${pwned}"\n\tupdate = !touch ${pwned}\n`,
    );
    put('.lfsconfig', `[lfs]\n\turl = file:///etc\n\tcustomtransfer.x.path = ${pwned}\n`);
    put('.gitconfig', `[core]\n\tfsmonitor = touch ${pwned}\n`);
    put('big.bin', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n');
    const head = await tree.commit('a.txt', 'one');
    for (const key of [
      'core.fsmonitor',
      'core.sshCommand',
      'core.pager',
      'uploadpack.packObjectsHook',
      'gpg.program',
    ]) {
      await tree.git('config', key, `touch ${pwned}`);
    }
    for (const key of ['filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'diff.evil.textconv']) {
      await tree.git('config', key, `touch ${pwned}`);
    }
    for (const hook of ['post-checkout', 'pre-auto-gc', 'reference-transaction', 'post-update', 'fsmonitor-watchman']) {
      put(`.git/hooks/${hook}`, evil);
    }
    await rm(pwned, { force: true });
    const app = await ConnectedApp.make(house, tree.folder);
    const body = Buffer.from(JSON.stringify({ ref: 'refs/heads/main', after: head }));
    expect((await app.call('github', headersOf.github(app.secret, body), body)).status).to.equal(202);
    await until(() => app.isQuiet());
    expect((await app.runs()).map(({ commit }) => commit)).to.deep.equal([head]);
    const archive = await gitSources(join(house.home, 'git')).tar('storefront', head, '.');
    for await (const _piece of archive) expect(existsSync(pwned)).to.equal(false);
    expect(existsSync(pwned)).to.equal(false);
  });
});

const SECRET = 'the-secret-of-the-machine';
const PIPELINE =
  'app: storefront\nserve: { image: { dockerfile: Dockerfile }, port: 3000 }\nstages: { test: {}, production: {} }\n';
const WAR = `app: storefront
build: { artifact: { in: gantry/maven, run: 'true', take: app.war } }
serve: { base: gantry/tomcat, port: 8080 }
stages: { test: {}, production: {} }
`;

describe('a link in a repository', () => {
  let folder: string;
  let tree: WorkTree;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-attack-'));
    tree = await WorkTree.make();
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
    await tree.remove();
  });

  const LINKED: readonly [what: string, link: string, pipeline: string | undefined][] = [
    ['the pipeline', 'gantry.yml', undefined],
    ['the Dockerfile', 'Dockerfile', PIPELINE],
    ['a file that a build takes', 'app.war', WAR],
  ];

  for (const [what, link, pipeline] of LINKED) {
    it(`shows no file of the machine as ${what} [S7]`, async () => {
      const secret = join(folder, 'secret');
      writeFileSync(secret, `${SECRET}\n`);
      if (pipeline !== undefined) writeFileSync(join(tree.folder, 'gantry.yml'), pipeline);
      await symlink(secret, join(tree.folder, link));
      const commit = await tree.commit('a.txt', what);
      await tree.git('rm', '-q', link);
      const bare = join(folder, 'git', 'storefront.git');
      await tree.git('init', '-q', '--bare', bare);
      expect((await tree.git('push', '-f', bare, `${commit}:refs/heads/main`)).code).to.equal(0);
      const house = await makeRunningHouse({ repositories: join(folder, 'git') });
      await house.engine.apps.create('storefront', 'user:ada');
      const { row, steps } = await house.settled('storefront', await house.push('storefront', commit));
      const found = await run('grep', ['-r', '-l', SECRET, house.folder]);
      await house.close();
      expect(JSON.stringify([row, steps])).to.not.include(SECRET);
      expect(found.stdout, 'neither in records nor in logs nor in artifacts').to.equal('');
    });
  }
});
