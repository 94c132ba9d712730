import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { Clone } from './support/clone';
import { ProgramCopy, type Said } from './support/program-copy';

/** A step that takes its time, then a release that nobody is asked about. */
const PIPELINE = `app: shop
on: { branches: [main, other] }
build:
  commands:
    - { name: slow, in: gantry/node, run: "true", env: { DUMMY_SLEEP_MS: "12000" } }
serve:
  image: { dockerfile: Dockerfile }
  port: 8080
  health: { path: /health, within: 5s }
stages:
  production: { keepWarm: 0s }
`;
const FILES = { 'gantry.yml': PIPELINE, Dockerfile: 'FROM gantry/node\n' };
const RUN_MS = 60_000;

interface Run {
  state: string;
  reason: string;
  steps: { name: string; state: string; attempt: number }[];
}

interface Done {
  to: string;
  backup: string;
  givenBack: string[];
  others: string[];
}

describe('an upgrade', function () {
  this.timeout(240_000);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-upgrade-'));
  const home = join(folder, 'home');
  let old: ProgramCopy;
  let ready: { url: string; firstToken: string };
  let clone: Clone;

  const ask = async <T>(path: string): Promise<T> => {
    const headers = { authorization: `Bearer ${ready.firstToken}` };
    return (await (await fetch(`${ready.url}/api/v1${path}`, { headers })).json()) as T;
  };
  const runIs = async (number: number, holds: (run: Run) => boolean): Promise<Run> => {
    const deadline = Date.now() + RUN_MS;
    for (;;) {
      const run = await ask<Run>(`/apps/shop/runs/${number}`);
      if (holds(run)) return run;
      if (Date.now() > deadline) throw new Error(`run ${number} is still ${JSON.stringify(run)}`);
      await wait(50);
    }
  };
  const stateOf = (run: Run, step: string): string | undefined => run.steps.find(({ name }) => name === step)?.state;
  const version = async (): Promise<string> => (await ask<{ version: string }>('/status')).version;
  const succeeded = ({ exit, stdout, stderr }: Said): string => {
    expect(exit, stdout + stderr).to.equal(0);
    return stdout;
  };

  before(async () => {
    old = new ProgramCopy(join(folder, 'old'), '1.0.0');
    const up = await old.run(home, 'up', '--dummy', '--detach', '--json', '--port', '0', '--gateway-port', '0');
    ready = JSON.parse(succeeded(up)) as typeof ready;
    succeeded(await old.run(home, 'app', 'create', 'shop'));
    const url = new URL(`${ready.url}/git/shop.git`);
    url.username = 'owner';
    url.password = ready.firstToken;
    clone = new Clone(join(folder, 'clone'), url.href);
  });
  after(async () => {
    await old.run(home, 'down');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('is not needed when the same program runs already', async () => {
    expect(succeeded(await old.run(home, 'upgrade'))).to.equal('Gantry 1.0.0 runs already.\n');
  });

  it('that can neither wait for the steps that run nor let others begin tells both reasons', async () => {
    const broken = new ProgramCopy(join(folder, 'no-lift'), '1.0.3').withoutSteps().withoutLift();
    const { exit, stdout, stderr } = await broken.run(home, 'upgrade');
    expect(exit).to.equal(1);
    expect(stdout).to.match(/no step begins until the upgrade is repeated, .*: the hold cannot be lifted/);
    expect(stderr).to.contain('the steps cannot be read');
  });

  it('that cannot wait for the steps that run lets the old version go on with them', async () => {
    const broken = new ProgramCopy(join(folder, 'no-steps'), '1.0.2').withoutSteps();
    const { exit, stderr } = await broken.run(home, 'upgrade');
    expect(exit).to.equal(1);
    expect(stderr).to.contain('the steps cannot be read');
    expect([isHeld(home), await version()]).to.deep.equal([false, '1.0.0']);
  });

  it('that cannot copy the records leaves the old version running', async () => {
    writeFileSync(join(home, 'backups'), 'no folder');
    const newer = new ProgramCopy(join(folder, 'no-backup'), '1.0.1');
    const { exit, stderr } = await newer.run(home, 'upgrade');
    rmSync(join(home, 'backups'));
    expect([exit, await version()]).to.deep.equal([1, '1.0.0']);
    expect(stderr).to.contain('the upgrade to Gantry 1.0.1 failed').and.to.contain('Gantry 1.0.0 runs again');
  });

  it('that cannot bring the schema up to date leaves the records as they were, and the old version running', async () => {
    const broken = new ProgramCopy(join(folder, 'broken'), '1.1.0').withMigration('create tabel shelves (id text)');
    const { exit, stderr } = await broken.run(home, 'upgrade');
    expect(exit).to.equal(1);
    expect(stderr).to.match(
      /upgrade to Gantry 1\.1\.0 failed \(.*tabel.*\); the records are as they were, and Gantry 1\.0\.0 runs again/s,
    );
    expect(await version()).to.equal('1.0.0');
  });

  it('whose web does not start puts the records back, though their schema was new already', async () => {
    const broken = new ProgramCopy(join(folder, 'wrong'), '1.1.1')
      .withMigration('create table shelves (id text)')
      .withoutWeb();
    const { exit, stderr } = await broken.run(home, 'upgrade');
    expect(exit).to.equal(1);
    expect(stderr).to.contain('this web was built wrong').and.to.contain('Gantry 1.0.0 runs again');
    expect(await version()).to.equal('1.0.0');
  });

  it('goes on with the runs in flight, accepts pushes before and after, and keeps a copy [F54]', async () => {
    const newer = new ProgramCopy(join(folder, 'newer'), '1.2.0').withMigration('create table shelves (id text)');
    const further = old.run(home, 'runner', '--pool', 'spare');
    while (runners(home).length < 2) await wait(50);
    clone.push('main', FILES);
    await runIs(1, (run) => stateOf(run, 'command/slow') === 'running');
    const before = runners(home);
    const upgrading = newer.run(home, 'upgrade', '--within', '3', '--json');
    await held(home);
    clone.push('other', FILES);
    const done = JSON.parse(succeeded(await upgrading)) as Done;
    expect(done).to.include({ to: '1.2.0' });
    expect(done.givenBack).to.deep.equal(['shop#1/command/slow']);
    expect(done.others.map((name) => before.includes(`${name}.json`))).to.deep.equal([true]);
    succeeded(await further);
    expect(await version()).to.equal('1.2.0');
    const first = await runIs(1, ({ state }) => state === 'succeeded' || state === 'failed');
    expect([first.state, first.reason]).to.deep.equal(['succeeded', '']);
    expect(first.steps.find(({ name }) => name === 'command/slow')?.attempt).to.equal(2);
    await runIs(2, ({ state }) => state === 'succeeded');
    expect(readdirSync(join(home, 'program')), 'what failed, and what was before').to.have.length(1);
    expect(readdirSync(join(home, 'backups')).filter((name) => done.backup.endsWith(name))).to.have.length(1);
  });

  it('cannot be gone back from by starting the older program, which refuses the newer schema [F54]', async () => {
    for (const words of [['upgrade'], ['restart']]) {
      if (words[0] === 'restart') succeeded(await old.run(home, 'down'));
      const { exit, stderr } = await old.run(
        home,
        ...(words[0] === 'restart' ? ['up', '--dummy', '--port', '0'] : words),
      );
      expect(exit).to.equal(1);
      expect(stderr).to.match(/the database has schema \d+, this Gantry knows \d+/);
    }
  });
});

/** Files of the runners that are there. */
const runners = (home: string): string[] => readdirSync(join(home, 'run')).filter((name) => /^runner-/.test(name));

/** Waits until no step begins any more. */
async function held(home: string): Promise<void> {
  while (!isHeld(home)) await wait(10);
}

/** Asked in SQL, since a command takes longer than a short drain. */
function isHeld(home: string): boolean {
  const database = new Database(join(home, 'gantry.db'), { readonly: true });
  const hold = database.prepare(`select 1 from meta where key = 'hold:upgrade'`).get();
  database.close();
  return hold !== undefined;
}
