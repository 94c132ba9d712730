import { expect } from 'chai';
import { ConnectedApp } from '../web/hooks/support';
import { bodyOf, headersOf } from '../web/support/forge';
import { WorkTree } from '../web/support/git';
import { type House, makeHouse } from '../web/support/house';
import { until } from '../web/support/until';
import { curl, headerArgs } from './support/clients';

const BODY = bodyOf('github-push');
const FORGES = ['github', 'gitlab', 'gitea', 'gitee', 'bitbucket', 'bitbucket-dc', 'generic'] as const;

describe('a webhook that curl sends', () => {
  let house: House;
  let tree: WorkTree;
  let app: ConnectedApp;
  let head: string;
  beforeEach(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    head = await tree.commit('a.txt', 'one');
    app = await ConnectedApp.make(house, tree.folder);
  });
  afterEach(async () => {
    await house.close();
    await tree.remove();
  });

  const send = (forge: string, headers: Record<string, string>, body = BODY) =>
    curl(`${house.web.url}/hooks/storefront/${forge}`, headerArgs(headers), body);

  it('is accepted when it is signed, so that what follows says something', async () => {
    expect((await send('github', headersOf.github(app.secret, BODY))).status).to.equal(202);
  });

  it('is refused when it is signed in no way, wrongly, with nothing, or cut off, and is not stored [S1]', async () => {
    const right = headersOf.github(app.secret, BODY);
    const signature = right['x-hub-signature-256'];
    const wrong = ['', 'sha256=', signature.slice(0, -1), `${signature}0`, signature.toUpperCase(), ` ${signature},x`];
    const answers = [
      await send('github', { 'x-github-event': 'push', 'x-github-delivery': 'one' }),
      await send('github', right, BODY.subarray(0, -1)),
      await send('github', right, Buffer.concat([BODY, Buffer.from(' ')])),
      await send('github', headersOf.github('', BODY)),
      await send('github', headersOf.github('undefined', BODY)),
    ];
    for (const text of wrong) answers.push(await send('github', { ...right, 'x-hub-signature-256': text }));
    expect(answers.map(({ status }) => status)).to.deep.equal(answers.map(() => 401));
    expect(new Set(answers.map(({ body }) => body)).size, 'one answer for all').to.equal(1);
    expect(await app.hooks()).to.deep.equal([]);
  });

  it('is taken by no app without a source: where there is no secret, there is no hook [S1]', async () => {
    await house.post('/api/v1/apps', { name: 'ledger' });
    for (const secret of ['', 'null', 'undefined', app.secret]) {
      const headers = headerArgs(headersOf.github(secret, BODY));
      expect((await curl(`${house.web.url}/hooks/ledger/github`, headers, BODY)).status).to.equal(401);
    }
  });

  it('is taken where its forge signs in that header, of all forges at all addresses [S2]', async () => {
    const taken: string[] = [];
    for (const sender of FORGES) {
      const headers = headersOf[sender](app.secret, BODY);
      for (const forge of FORGES) if ((await send(forge, headers)).status !== 401) taken.push(`${sender} at ${forge}`);
    }
    // Gitea sends GitHub's header as well, both Bitbuckets share one, and GitLab signs by the standard.
    const alike = ['gitea at github', 'bitbucket at bitbucket-dc', 'bitbucket-dc at bitbucket', 'generic at gitlab'];
    expect(taken).to.have.members([...FORGES.map((forge) => `${forge} at ${forge}`), ...alike]);
  }).timeout(30_000);

  it('is refused with SHA-1, and with its signature in the address [S2]', async () => {
    const { 'x-hub-signature-256': signature, ...sha1 } = headersOf.github(app.secret, BODY);
    expect((await send('github', sha1)).status).to.equal(401);
    expect((await send(`github?x-hub-signature-256=${signature}`, sha1)).status).to.equal(401);
    for (const forge of ['bitbucket', 'bitbucket-dc']) {
      const headers = {
        ...headersOf[forge as 'bitbucket'](app.secret, BODY),
        'x-hub-signature': sha1['x-hub-signature'],
      };
      expect((await send(forge, headers)).status, forge).to.equal(401);
    }
  });

  it('starts nothing when it was captured and is sent again, under its own id or another one [S3]', async () => {
    const headers = headersOf.github(app.secret, BODY, 'captured');
    await send('github', headers);
    await until(() => app.isQuiet());
    for (const id of ['captured', 'captured', 'another']) await send('github', { ...headers, 'x-github-delivery': id });
    await until(() => app.isQuiet());
    expect(await app.runs()).to.have.length(1);
  });

  it('is too old after five minutes where its signature carries the time [S3]', async () => {
    const old = Math.floor(Date.now() / 1000) - 301;
    expect((await send('generic', headersOf.generic(app.secret, BODY, 'old', old))).status).to.equal(401);
    const early = old + 602;
    expect((await send('generic', headersOf.generic(app.secret, BODY, 'early', early))).status).to.equal(401);
  });

  it('has what it says about repository, branch and author left out, however well it is signed [S4]', async () => {
    const foreign = await WorkTree.make();
    const evil = await foreign.commit('evil.txt', 'evil');
    const url = `file://${foreign.folder}`;
    const body = Buffer.from(
      JSON.stringify({
        ref: 'refs/heads/main',
        after: evil,
        repository: { full_name: 'evil/evil', clone_url: url, ssh_url: url, git_url: url, url, default_branch: 'evil' },
        pusher: { name: 'admin', email: 'admin@bank.example' },
        sender: { login: 'admin', type: 'User', site_admin: true },
        head_commit: { id: evil, author: { name: 'admin', username: 'admin' } },
      }),
    );
    expect((await send('github', headersOf.github(app.secret, body), body)).status).to.equal(202);
    await until(() => app.isQuiet());
    const runs = await app.runs();
    expect(
      runs.map(({ commit }) => commit),
      'the commit of its own source',
    ).to.deep.equal([head]);
    expect(JSON.stringify(await house.json('/api/v1/apps/storefront/runs/1'))).to.not.include('admin');
    await foreign.remove();
  });
});
