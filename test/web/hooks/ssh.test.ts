import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'chai';
import { skipBecause } from '../../support/skips';
import { bodyOf, headersOf, WatchedGit } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse } from '../support/house';
import { hasSshd, SshRepository } from '../support/ssh-repository';
import { TracedGit } from '../support/traced-git';
import { until } from '../support/until';
import { ConnectedApp } from './support';

interface Connected {
  publicKey: string;
  secret: string;
}
interface Refused {
  error: { code: string; message: string; next: string };
}

describe('a source over SSH', () => {
  let house: House;
  let tree: WorkTree;
  let git: WatchedGit;
  let forge: SshRepository;
  let head: string;
  let app: ConnectedApp;

  before(function () {
    if (!hasSshd()) skipBecause(this, 'needs openssh-server: ./gantry test brings it');
  });
  beforeEach(async () => {
    tree = await WorkTree.make();
    head = await tree.commit('a.txt', 'one');
    git = await WatchedGit.make();
    forge = await SshRepository.make(tree.folder);
    house = await makeHouse({}, { programs: git.programs });
    app = await ConnectedApp.make(house, tree.folder);
  });
  afterEach(async () => {
    git.release();
    await house.close();
    await forge.remove();
    await git.remove();
    await tree.remove();
  });

  const connect = (body: object) => house.post('/api/v1/apps/storefront/source', { url: forge.url, ...body });
  const connected = async (body: object = {}) => {
    const answer = await connect({ hostKey: await forge.fingerprint(), ...body });
    expect(answer.status).to.equal(200);
    return (await answer.json()) as Connected;
  };
  const refused = async (answer: Response, status: number) => {
    expect(answer.status).to.equal(status);
    return ((await answer.json()) as Refused).error;
  };
  const push = bodyOf('github-push');
  const call = (id: string) => app.call('github', headersOf.github(app.secret, push, id), push);
  const failure = async () => {
    await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
    return (await app.hooks())[0]?.reason;
  };
  const keyFiles = () => {
    const folder = join(house.home, 'keys');
    return existsSync(folder) ? readdirSync(folder) : [];
  };

  it('is fetched with a key of the app, from the host whose key was confirmed', async () => {
    const { publicKey } = await connected();
    await forge.letIn(publicKey);
    await call('one');
    await until(() => app.isQuiet());
    expect((await app.hooks())[0]).to.include({ outcome: 'run', run: 1 });
    expect((await app.runs())[0]).to.include({ commit: head });
    expect(await house.json('/api/v1/apps/storefront/key')).to.include({ app: 'storefront', publicKey });
    expect((await house.json<{ source: object }>('/api/v1/apps/storefront')).source).to.deep.include({
      url: forge.url,
      hasToken: false,
      hostKey: await forge.fingerprint(),
    });
    await until(() => keyFiles().length === 0);
  });

  it('is not connected before somebody has confirmed its key, and tells it', async () => {
    const { code, message, next } = await refused(await connect({}), 409);
    expect(code).to.equal('host-key-unknown');
    expect(message).to.include(await forge.fingerprint());
    expect(next).to.include(`--host-key ${await forge.fingerprint()}`);
    const other = `SHA256:${'A'.repeat(43)}`;
    expect((await refused(await connect({ hostKey: other }), 409)).code).to.equal('host-key-other');
    for (const hostKey of ['SHA256:short', 'ssh-dss AAAA', 'ssh-ed25519 AAAA', 'nothing']) {
      expect((await refused(await connect({ hostKey }), 400)).code, hostKey).to.equal('host-key');
    }
    expect((await house.json<{ source: { url: string } }>('/api/v1/apps/storefront')).source.url).to.equal(tree.folder);
  });

  it('keeps the pinned key when it is connected again, and takes the key itself as well', async () => {
    await connected({ hostKey: await forge.hostKey() });
    const visits = forge.visits;
    expect((await connect({})).status).to.equal(200);
    expect(forge.visits, 'nobody had to ask the host').to.equal(visits);
  });

  it('is refused loudly when its host shows another key, and taken again when that is confirmed', async () => {
    const { publicKey } = await connected();
    await forge.start();
    await forge.letIn(publicKey);
    await call('changed');
    expect(await failure()).to.match(/^REFUSED: the host of the source shows another key/);
    expect(await app.runs()).to.have.length(0);
    await connected();
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
  });

  it('says which key the forge must let in, and forgets one that was replaced', async () => {
    const { publicKey } = await connected();
    await call('denied');
    expect(await failure()).to.equal("the source does not let in this app's key");
    const anew = await house.post('/api/v1/apps/storefront/key', {});
    expect(anew.status).to.equal(201);
    const other = ((await anew.json()) as Connected).publicKey;
    expect(other)
      .to.match(/^ssh-ed25519 \S+ gantry-storefront$/)
      .and.not.equal(publicKey);
    await forge.letIn(other);
    await connect({});
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
  });

  it('leaves no key behind when web was killed while it fetched', async () => {
    const left = join(house.home, 'keys', 'key-killed');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'identity'), 'a key');
    await house.restart();
    expect(existsSync(left), 'it may be in use by another web').to.equal(true);
    utimesSync(left, new Date(0), new Date(0));
    await house.restart();
    await until(() => !existsSync(left));
  });

  it('shows its private key to nobody: sealed in the records, and in a file of its user while git runs', async () => {
    const { publicKey } = await connected();
    await forge.letIn(publicKey);
    git.hold();
    await call('held');
    await until(() => git.fetches.length === 1);
    const [folder = ''] = keyFiles();
    const file = join(house.home, 'keys', folder, 'identity');
    expect(statSync(join(house.home, 'keys')).mode & 0o777).to.equal(0o700);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    const secret = readFileSync(file, 'utf8').split('\n')[1] ?? 'none';
    git.release();
    await until(() => app.isQuiet());
    await until(() => !existsSync(file));
    const { store } = house.engine.parts;
    const audit = await store.read.selectFrom('audit').selectAll().execute();
    const keys = await store.read.selectFrom('deploy_keys').selectAll().execute();
    const shown = await (await house.ask('/api/v1/apps/storefront')).text();
    const everything = [git.calls.join('\n'), JSON.stringify(audit), JSON.stringify(keys), shown].join('\n');
    expect(everything).to.include(publicKey).and.not.include(secret).and.not.include('PRIVATE KEY');
  });

  it('starts git and ssh, and nothing that its repository or its address names [S5] [S6]', async function () {
    const traced = await TracedGit.make();
    if (traced === undefined) return skipBecause(this, 'needs strace, and to be allowed to use it');
    try {
      const mark = join(house.home, 'pwned');
      await tree.commit('.gitmodules', `[submodule "x"]\n path = x\n url = ext::sh -c "touch ${mark}"\n`);
      await tree.commit('.lfsconfig', `[lfs]\n url = ext::touch ${mark}\n`);
      await tree.commit('.gitattributes', '*.txt filter=lfs diff=lfs merge=lfs\n');
      const hostile = await tree.commit('a.txt', 'three');
      await tree.git('push', '-q', forge.bare, '+main:main');
      await house.restart({ programs: traced.programs });
      const { publicKey } = await connected();
      await forge.letIn(publicKey);
      await call('traced');
      await until(() => app.isQuiet());
      expect((await app.runs())[0]).to.include({ commit: hostile });
      await until(() => keyFiles().length === 0);
      const started = await traced.started();
      expect([...new Set(started.map((path) => basename(path)))].sort()).to.deep.equal(['git', 'sh', 'ssh']);
      expect(existsSync(mark)).to.equal(false);
    } finally {
      await traced.remove();
    }
  });

  it('is called only where outgoing calls may go, at the address that was judged [S16]', async () => {
    const { publicKey } = await connected();
    await forge.letIn(publicKey);
    const visits = forge.visits;
    await house.restart({ outgoing: { allow: [] } });
    await call('refused');
    expect(await failure()).to.match(/^127\.0\.0\.1 is .*: not called$/);
    expect((await connect({ hostKey: `SHA256:${'A'.repeat(43)}` })).status).to.equal(403);
    expect(forge.visits).to.equal(visits);
    const resolver = async (host: string) => (host === 'forge.test' ? ['127.0.0.1'] : []);
    await house.restart({ outgoing: { allow: ['127.0.0.1'], resolver } });
    const named = forge.url.replace('@127.0.0.1:', '@forge.test:');
    expect((await connect({ url: named, hostKey: await forge.fingerprint() })).status).to.equal(200);
    await until(() => app.isQuiet());
    expect(await app.runs(), 'by a name that only our resolver knows').to.have.length(1);
  });

  it('is no kind but SSH that has a key, a pinned host, or no token', async () => {
    expect((await house.ask('/api/v1/apps/storefront/key')).status).to.equal(404);
    const hostKey = await forge.hostKey();
    expect((await refused(await connect({ url: tree.folder, hostKey }), 400)).code).to.equal('host-key');
    expect((await refused(await connect({ hostKey, token: 'glpat-1' }), 400)).code).to.equal('source-token');
  });
});
