import { join } from 'node:path';
import { expect } from 'chai';
import { ConnectedApp } from './hooks/support';
import { bodyOf, headersOf } from './support/forge';
import { WorkTree } from './support/git';
import { type House, makeHouse } from './support/house';

const FULL = 'storefront has 1 open runs, which is the limit of one app';

describe('an app with as many open runs as may be', () => {
  let house: House;
  let tree: WorkTree;
  let app: ConnectedApp;
  beforeEach(async () => {
    house = await makeHouse({ limits: { perApp: 1, inAll: 3 } });
    tree = await WorkTree.make();
    app = await ConnectedApp.make(house, tree.folder);
    await house.post('/api/v1/apps', { name: 'ledger' });
    await accept('storefront', 'a');
  });
  afterEach(async () => {
    await tree.remove();
    await house.close();
  });

  const accept = (name: string, commit: string, branch = 'first') =>
    house.engine.deliveries.accept(
      {
        ...{ app: name, source: 'test', ref: `refs/heads/${branch}`, pusher: 'ada' },
        ...{ before: '0'.repeat(40), after: commit.repeat(40) },
      },
      'user:ada',
    );
  const remote = (name: string) => `${house.web.url.replace('://', `://me:${house.token}@`)}/git/${name}.git`;
  const rows = async (table: 'deliveries' | 'hook_deliveries' | 'runs') =>
    (await house.engine.parts.store.read.selectFrom(table).select('id').execute()).length;

  it('takes no push before one has ended, and Git says why; other apps do', async () => {
    await tree.commit('a.txt', 'one');
    const refused = await tree.git('push', '-o', 'no-follow', remote('storefront'), 'main');
    expect(refused.code).to.not.equal(0);
    expect(refused.text).to.include(`remote: ${FULL}`);
    expect((await tree.git('push', '-o', 'no-follow', remote('ledger'), 'main')).code).to.equal(0);
    await house.engine.runs.cancel({ app: 'storefront', run: 1, reason: '' }, 'user:ada');
    expect((await tree.git('push', '-o', 'no-follow', remote('storefront'), 'main')).code).to.equal(0);
  });

  it('answers a webhook with 429 and when to come again, and stores nothing of it', async () => {
    const body = bodyOf('github-push');
    const answer = await app.call('github', headersOf.github(app.secret, body, 'one'), body);
    expect([answer.status, await rows('hook_deliveries')]).to.deep.equal([429, 0]);
    expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 600);
    expect(((await answer.json()) as { error: { message: string } }).error.message).to.equal(FULL);
  });

  it('keeps webhooks that were not followed to the same limit, although not each one is counted', async () => {
    await house.close();
    house = await makeHouse({ limits: { perApp: 25, inAll: 100 } });
    app = await ConnectedApp.make(house, '/srv/git/away.git');
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) {
      const body = Buffer.from(JSON.stringify({ ref: `refs/heads/b${i}`, after: 'a'.repeat(40) }));
      statuses.push((await app.call('github', headersOf.github(app.secret, body), body)).status);
    }
    expect(statuses).to.deep.equal([...Array(25).fill(202), ...Array(5).fill(429)]);
  });

  it('takes a webhook that comes again once there is room', async () => {
    const body = bodyOf('github-push');
    const call = async () => (await app.call('github', headersOf.github(app.secret, body, 'one'), body)).status;
    expect(await call()).to.equal(429);
    await house.engine.runs.cancel({ app: 'storefront', run: 1, reason: '' }, 'user:ada');
    expect(await call()).to.equal(202);
  });

  it('is told so by the API as well, and nothing is half stored', async () => {
    const before = [await rows('deliveries'), await rows('runs')];
    const given = { kind: 'image', ref: `shop@sha256:${'a'.repeat(64)}` };
    const answer = await house.post('/api/v1/apps/storefront/releases', { given, pipeline: 'app: storefront' });
    expect(answer.status).to.equal(429);
    const late = await accept('storefront', 'b').catch((error: Error) => error.message);
    expect(late).to.equal(FULL);
    expect([await rows('deliveries'), await rows('runs')]).to.deep.equal(before);
  });

  it('gets no other one by a restart', async () => {
    await house.engine.runs.cancel({ app: 'storefront', run: 1, reason: '' }, 'user:ada');
    await accept('storefront', 'b', 'second');
    const answer = await house.post('/api/v1/apps/storefront/runs/1/restart', {});
    expect([answer.status, await rows('runs')]).to.deep.equal([429, 2]);
  });

  it('counts with the others to the limit of all', async () => {
    await house.post('/api/v1/apps', { name: 'blog' });
    await house.post('/api/v1/apps', { name: 'shop' });
    await accept('ledger', 'b');
    await accept('blog', 'c');
    const late = await accept('shop', 'd').catch((error: Error) => error.message);
    expect(late).to.equal('there are 3 open runs, which is the limit of this Gantry');
  });

  it('has what Git took meanwhile delivered later, and holds up no other app', async () => {
    await tree.commit('a.txt', 'one');
    for (const name of ['storefront', 'ledger']) {
      await tree.git('ls-remote', remote(name)); // makes the repository
      await tree.git('push', join(house.home, 'git', `${name}.git`), 'main');
    }
    const waiting = () => house.engine.runs.list({ app: 'storefront', limit: 10 });
    await house.restart();
    while ((await house.engine.runs.list({ app: 'ledger', limit: 1 })).length === 0) await pause();
    expect(await waiting()).to.have.length(1);
    await house.engine.runs.cancel({ app: 'storefront', run: 1, reason: '' }, 'user:ada');
    await house.restart();
    while ((await waiting()).length === 1) await pause();
  });
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
