import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { type House, makeHouse } from '../../support/house';

const pipeline = (app: string, image = 'dockerfile: Dockerfile'): string => `app: ${app}
serve:
  image: { ${image} }
  port: 8080
  health: { path: /health, within: 5s }
  files: [{ from: conf/app.conf, to: /etc/app.conf }]
`;

describe('an app in a folder of a repository', () => {
  let house: House;
  beforeEach(async () => {
    house = await makeHouse();
    await house.engine.apps.create('shop', 'user:ada', { path: 'services/shop' });
    await house.engine.apps.create('stock', 'user:ada', { path: 'services/stock', repository: 'shop' });
  });
  afterEach(() => house.close());

  const folder = (app: string, file = pipeline(app)): Record<string, string> => ({
    [`services/${app}/gantry.yml`]: file,
    [`services/${app}/Dockerfile`]: 'FROM gantry/debian\n',
    [`services/${app}/conf/app.conf`]: `of ${app}\n`,
  });

  it('goes to production from that folder: its pipeline, its Dockerfile, its files', async () => {
    await house.push('shop', { ...folder('shop'), ...folder('stock') });
    for (const app of ['shop', 'stock']) {
      const { row } = await house.through(app, 1);
      expect([app, row.state, row.reason]).to.deep.equal([app, 'succeeded', '']);
      const [release] = await house.engine.releases.list(await house.engine.apps.find(app));
      const [file] = release?.record.stages.production?.files ?? [];
      const bytes = await house.world.bytes.file(file?.digest ?? '');
      expect(await readFile(bytes, 'utf8')).to.equal(`of ${app}\n`);
    }
  });

  it('may build with the whole repository before its eyes', async () => {
    const file = pipeline('shop', 'dockerfile: Dockerfile, context: /');
    await house.push('shop', { ...folder('shop', file), 'shared/lib.js': '' });
    const { row } = await house.through('shop', 1);
    expect([row.state, row.reason]).to.deep.equal(['succeeded', '']);
  });

  it('is told what is wrong by the path of its file in the repository', async () => {
    await house.push('shop', folder('shop', pipeline('shop').replace('port:', 'prot:')));
    const { row } = await house.settled('shop', 1);
    expect(row.reason).to.contain('plan: services/shop/gantry.yml:2:1: error');
  });

  it('is proposed a pipeline from the files of its folder alone', async () => {
    await house.push('shop', {
      Dockerfile: '',
      'services/shop/go.mod': 'module shop\n',
      'services/shop/main.go': 'package main\n',
    });
    const { row, steps } = await house.settled('shop', 1);
    expect(row.reason).to.equal('there is no services/shop/gantry.yml; write it with: gantry init');
    const log = await house.engine.parts.logs.read(row.id, steps[0]?.id ?? '', 0, 100_000);
    expect(log.toString()).to.contain('---8<--- services/shop/Dockerfile').and.contain('FROM gantry/go AS build');
  });
});
