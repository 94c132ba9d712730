import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { Desk } from './support/command-line';

describe('init and lint, without a server', () => {
  let desk: Desk;
  const write = (name: string, text: string): void => writeFileSync(join(desk.folder, name), text);
  // Nobody listens at port 1.
  const environment = { GANTRY_LISTEN: '127.0.0.1:1' };
  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => desk.clear());

  it('propose a gantry.yml that lints clean, and tell why and how to push', async () => {
    write('Dockerfile', 'FROM gantry/node\nEXPOSE 3000\n');
    const made = await desk.run(['init', '--app', 'shop'], { environment });
    expect(made.exit).to.equal(0);
    expect(made.stdout).to.contain('Wrote gantry.yml').and.to.contain('Port 3000');
    expect(made.stdout).to.contain('git remote add gantry http://127.0.0.1:1/git/shop.git');
    const checked = await desk.run(['lint'], { environment });
    expect([checked.exit, checked.stdout]).to.deep.equal([0, 'gantry.yml: no problems\n']);
  });

  it('show a Dockerfile that is missing, and write it only when told to', async () => {
    write('requirements.txt', 'flask\n');
    const shown = await desk.run(['init', '--app', 'rates'], { environment });
    expect(shown.stdout).to.contain('  FROM gantry/python').and.to.contain('gantry init --yes writes it');
    expect(existsSync(join(desk.folder, 'Dockerfile'))).to.equal(false);
    const written = await desk.run(['init', '--yes'], { environment });
    expect(written.stdout).to.contain('Wrote Dockerfile.').and.to.contain('gantry.yml is there already');
    expect((await desk.run(['lint'], { environment })).exit).to.equal(0);
  });

  it('never write over a Dockerfile', async () => {
    write('requirements.txt', 'flask\n');
    await desk.run(['init'], { environment });
    write('Dockerfile', 'FROM scratch\n');
    await desk.run(['init', '--yes'], { environment });
    expect(readFileSync(join(desk.folder, 'Dockerfile'), 'utf8')).to.equal('FROM scratch\n');
  });

  it('propose a gantry.yml for each app of a repository, and one remote for all of them', async () => {
    for (const app of ['shop', 'stock']) {
      mkdirSync(join(desk.folder, 'services', app), { recursive: true });
      write(join('services', app, 'Dockerfile'), 'FROM gantry/node\n');
    }
    const { stdout } = await desk.run(['init'], { environment });
    expect(stdout).to.contain('Wrote services/shop/gantry.yml').and.to.contain('Wrote services/stock/gantry.yml');
    expect(stdout).to.contain('  gantry app create shop --path services/shop\n');
    expect(stdout).to.contain('  gantry app create stock --path services/stock --repository shop\n');
    expect(stdout).to.contain('git remote add gantry http://127.0.0.1:1/git/shop.git');
    expect((await desk.run(['lint', 'services/stock/gantry.yml'], { environment })).exit).to.equal(0);
  });

  it('leave a gantry.yml alone that is there', async () => {
    write('gantry.yml', 'app: mine\n');
    const { stdout, exit } = await desk.run(['init'], { environment });
    expect(exit).to.equal(0);
    expect(stdout).to.contain('is there already and was left alone').and.to.contain('gantry app create mine');
    expect(readFileSync(join(desk.folder, 'gantry.yml'), 'utf8')).to.equal('app: mine\n');
  });

  it('point at the place with line, column and a caret', async () => {
    write('Dockerfile', '');
    write(
      'gantry.yml',
      'app: shop\nserve:\n  image: { dockerfile: Dockerfile }\n  port: 80\n  health: { path: /health, within: 9s }\n  stiky: true\n',
    );
    const { exit, stdout } = await desk.run(['lint'], { environment });
    expect(exit).to.equal(1);
    expect(stdout).to.match(/^gantry\.yml:6:3: error: .*"stiky".*"sticky".*\n {6}stiky: true\n {6}\^{5}\n/);
  });

  it('hand the problems on as one document with --json', async () => {
    write('gantry.yml', '');
    const { exit, json } = await desk.run(['lint', '--json'], { environment });
    const { ok, problems } = json() as { ok: boolean; problems: { code: string; line: number }[] };
    expect([exit, ok, problems[0]?.code, problems[0]?.line]).to.deep.equal([1, false, 'empty', 1]);
  });

  it('say which file is not there', async () => {
    const { exit, stderr } = await desk.run(['lint', 'other.yml'], { environment });
    expect([exit, stderr]).to.deep.equal([1, 'gantry: there is no file other.yml here; make one: gantry init\n']);
  });
});
