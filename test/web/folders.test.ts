import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { ConnectedApp } from './hooks/support';
import { bodyOf, headersOf } from './support/forge';
import { WorkTree } from './support/git';
import { type House, makeHouse } from './support/house';
import { until } from './support/until';

interface Run {
  app: string;
  number: number;
  commit: string;
}

describe('a repository with several apps', () => {
  let house: House;
  let tree: WorkTree;

  beforeEach(async () => {
    house = await makeHouse();
    tree = await WorkTree.make();
    await house.post('/api/v1/apps', { name: 'shop', path: 'services/shop' });
    await house.post('/api/v1/apps', { name: 'stock', path: 'services/stock/', repository: 'shop' });
  });
  afterEach(async () => {
    await tree.remove();
    await house.close();
  });

  const change = async (file: string, text = file): Promise<string> => {
    await mkdir(dirname(join(tree.folder, file)), { recursive: true });
    return tree.commit(file, text);
  };
  const push = async (...options: string[]): Promise<string> => {
    const remote = `${house.web.url.replace('://', `://me:${house.token}@`)}/git/shop.git`;
    const pushed = await tree.git('push', '-o', 'no-follow', ...options, remote, 'main');
    expect(pushed.code, pushed.text).to.equal(0);
    return pushed.text;
  };
  const runs = async (): Promise<string[]> => {
    const { items } = await house.json<{ items: Run[] }>('/api/v1/runs');
    return items.map(({ app, number, commit }) => `${app} ${number} ${commit.slice(0, 6)}`).sort();
  };
  const seen = (app: string, number: number, commit: string): string => `${app} ${number} ${commit.slice(0, 6)}`;

  it('shares one remote, whichever app it is asked for', async () => {
    const stock = await house.json('/api/v1/apps/stock');
    expect(stock).to.include({ path: 'services/stock', repository: 'shop', remote: `${house.web.url}/git/shop.git` });
    await change('services/shop/a');
    const remote = `${house.web.url.replace('://', `://me:${house.token}@`)}/git/stock.git`;
    expect((await tree.git('push', '-o', 'no-follow', remote, 'main')).text).to.include('run 1 of shop for main');
  });

  it('starts a run of every app at its first push, and shows all of them', async () => {
    const commit = await change('README');
    const text = await push();
    expect(text).to.include('Gantry: run 1 of shop for main').and.include('Gantry: run 1 of stock for main');
    expect(text).to.include('/apps/stock/runs/1');
    expect(await runs()).to.deep.equal([seen('shop', 1, commit), seen('stock', 1, commit)]);
  });

  it('starts a run only of the app whose folder changed, and says so of the other', async () => {
    const first = await change('services/shop/a');
    await push();
    const second = await change('services/stock/a');
    expect(await push()).to.include('Gantry: shop: nothing changed in services/shop');
    expect(await runs()).to.deep.equal([seen('shop', 1, first), seen('stock', 1, first), seen('stock', 2, second)]);
  });

  it('starts a run of an app that sees the whole repository when what belongs to no app changes', async () => {
    const pipeline =
      'app: shop\nserve:\n  image: { dockerfile: Dockerfile, context: / }\n  port: 8080\n  health: { path: / }\n';
    await change('services/shop/gantry.yml', pipeline);
    await change('services/stock/gantry.yml', pipeline.replace('shop', 'stock').replace(', context: /', ''));
    await push();
    await change('libraries/money.ts');
    expect(await push())
      .to.include('run 2 of shop')
      .and.include('stock: nothing changed');
    await change('services/stock/a');
    expect(await push(), 'what belongs to another app')
      .to.include('shop: nothing changed')
      .and.include('run 2 of stock');
  });

  it('looks at what a push of several commits changed in all, and at both sides of a rename', async () => {
    await change('services/shop/a');
    await push();
    await change('services/shop/a', 'other');
    await change('services/shop/a', 'services/shop/a');
    expect(await push(), 'changed and changed back')
      .to.include('shop: nothing changed')
      .and.include('stock: nothing');
    await mkdir(join(tree.folder, 'services/stock'), { recursive: true });
    await tree.git('mv', 'services/shop/a', 'services/stock/a');
    await tree.git('commit', '-q', '-m', 'moved');
    expect(await push())
      .to.include('run 2 of shop')
      .and.include('run 2 of stock');
  });

  it('starts a run of an app that is made later with the next push, whatever that changes', async () => {
    await change('services/shop/a');
    await push();
    await house.post('/api/v1/apps', { name: 'rates', path: 'rates', repository: 'stock' });
    await change('README');
    const text = await push();
    expect(text).to.include('run 1 of rates').and.include('shop: nothing changed');
  });

  it('delivers a push that web was not told about in the same way', async () => {
    await change('services/shop/a');
    await push();
    const second = await change('services/stock/a');
    await tree.git('push', join(house.home, 'git', 'shop.git'), 'main');
    await house.restart();
    await until(async () => (await runs()).includes(seen('stock', 2, second)));
    expect((await runs()).filter((run) => run.startsWith('shop'))).to.have.length(1);
  });

  it('follows one webhook for all of its apps', async () => {
    await change('services/shop/a');
    const app = await ConnectedApp.make(house, tree.folder, undefined, 'shop');
    const body = bodyOf('github-push');
    const call = async (id: string): Promise<void> => {
      await app.call('github', headersOf.github(app.secret, body, id), body);
      await until(() => app.isQuiet());
    };
    await call('one');
    const second = await change('services/stock/a');
    await call('two');
    expect((await runs()).filter((run) => run.startsWith('shop'))).to.have.length(1);
    expect(await runs()).to.include(seen('stock', 2, second));
    await change('README');
    await call('three');
    const [last] = await app.hooks();
    expect(last).to.include({
      outcome: 'ignored',
      reason: 'nothing changed in services/shop; nothing changed in services/stock',
    });
  });

  it('is connected by the app whose remote it is', async () => {
    const refused = await house.post('/api/v1/apps/stock/source', { url: tree.folder });
    const { error } = (await refused.json()) as { error: { code: string; next: string } };
    expect([refused.status, error.code, error.next]).to.deep.equal([409, 'source-shared', 'say it of that one: shop']);
  });

  it('refuses a second app in the same folder, and a folder that is none', async () => {
    const code = async (body: object): Promise<string> => {
      const answer = await house.post('/api/v1/apps', body);
      return ((await answer.json()) as { error: { code: string } }).error.code;
    };
    expect(await code({ name: 'other', path: './services//shop', repository: 'shop' })).to.equal('path-taken');
    expect(await code({ name: 'other', path: '../x' })).to.equal('app-path');
    expect(await code({ name: 'other', repository: 'nobody' })).to.equal('app-unknown');
  });
});
