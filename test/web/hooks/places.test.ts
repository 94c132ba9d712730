import { cp, mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { bodyOf, headersOf } from '../support/forge';
import { WorkTree } from '../support/git';
import { type House, makeHouse } from '../support/house';
import { guestIn } from '../support/people';
import { until } from '../support/until';
import { ConnectedApp } from './support';

describe('where a source may lie', () => {
  let house: House;
  let tree: WorkTree;
  let warned: string[];

  beforeEach(async () => {
    warned = [];
    tree = await WorkTree.make();
    await tree.commit('a.txt', 'one');
    const log = { info: () => {}, error: () => {}, warn: (_: object, text: string) => warned.push(text) };
    house = await makeHouse({ log });
    await house.post('/api/v1/apps', { name: 'payroll' });
    await tree.git('push', join(house.home, 'git', 'payroll.git'), 'main');
  });
  afterEach(async () => {
    await house.close();
    await tree.remove();
  });

  const codeOf = async (answer: Response) => {
    const { error } = (await answer.json()) as { error?: { code: string } };
    return [answer.status, error?.code];
  };
  const connect = (url: string) => house.post('/api/v1/apps/storefront/source', { url });

  it('is on this machine for an operator of all apps alone [S33]', async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    const ada = await guestIn(house, 'ada', 'admin', 'storefront');
    const path = '/api/v1/apps/storefront/source';
    expect(await codeOf(await ada.post(path, { url: tree.folder }))).to.deep.equal([403, 'not-permitted']);
    expect((await ada.post(path, { url: 'https://forge.example.org/app.git' })).status).to.equal(200);
    expect((await connect(tree.folder)).status).to.equal(200);
  });

  it('is not in the data folder, nor where a link leads there, but for the demo [S33]', async () => {
    await house.post('/api/v1/apps', { name: 'storefront' });
    const link = join(tree.folder, 'link');
    await symlink(join(house.home, 'git', 'payroll.git'), link);
    const inside = [join(house.home, 'git', 'payroll.git'), house.home, link, join(house.home, 'none.git')];
    for (const path of inside) {
      expect(await codeOf(await connect(path)), path).to.deep.equal([403, 'source-inside']);
    }
    await mkdir(join(house.home, 'demo'));
    await cp(join(tree.folder, '.git'), join(house.home, 'demo', 'forge.git'), { recursive: true });
    expect((await connect(join(house.home, 'demo', 'forge.git'))).status).to.equal(200);
  });

  it('is looked at again before each fetch', async () => {
    const link = `${tree.folder}/later`;
    const app = await ConnectedApp.make(house, link);
    await symlink(join(house.home, 'git', 'payroll.git'), link);
    const body = bodyOf('github-push');
    await app.call('github', headersOf.github(app.secret, body, 'one'), body);
    await until(async () => ((await app.hooks())[0]?.attempts ?? 0) > 0);
    expect((await app.hooks())[0]?.reason).to.include('leads into the data folder');
    expect(await app.runs()).to.deep.equal([]);
  });

  it('is told at the start when it is on an address that is not called, with the line to set', async () => {
    await ConnectedApp.make(house, 'https://forge.bank.example/app.git');
    await ConnectedApp.make(house, 'https://10.9.9.9/app.git', undefined, 'ledger');
    await ConnectedApp.make(house, tree.folder, undefined, 'stock');
    const resolver = () => Promise.resolve(['10.1.2.3']);
    await house.restart({ outgoing: { allow: ['10.5.0.0/16'], resolver } });
    const told = () => warned.filter((text) => text.includes('GANTRY_OUTGOING_ALLOW=10.5.0.0/16'));
    await until(() => told().length > 0);
    expect(told()).to.have.length(1);
    expect(told()[0]).to.include('GANTRY_OUTGOING_ALLOW=10.5.0.0/16,10.9.9.9,10.1.2.3');
    warned = [];
    await house.restart({ outgoing: { allow: ['10.0.0.0/8'], resolver } });
    await until(async () => (await house.engine.looks.due()).length < 3);
    expect(told()).to.deep.equal([]);
  });
});
