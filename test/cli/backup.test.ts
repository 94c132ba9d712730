import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { Clone } from './support/clone';
import { ProgramCopy, type Said } from './support/program-copy';

const PIPELINE = `app: shop
build:
  artifact: { in: gantry/maven, run: mvn package, take: "*.war" }
serve: { base: gantry/tomcat, port: 8080, health: { path: /health, within: 5s } }
stages: { test: {}, production: {} }
`;
const RUN_MS = 60_000;

describe('a backup', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'gantry-backup-'));
  const home = join(folder, 'home');
  const other = join(folder, 'other');
  const file = join(folder, 'backup', 'one.db');
  const bytes = join(folder, 'backup', 'bytes');
  let program: ProgramCopy;
  let ready: { url: string; firstToken: string };

  const gantry = async (...words: string[]): Promise<Said> => program.run(home, ...words);
  const up = async (where: string, ...words: string[]): Promise<{ url: string; firstToken: string }> => {
    const ports = ['--port', '0', '--gateway-port', '0'];
    const { exit, stdout, stderr } = await program.run(
      where,
      'up',
      '--dummy',
      '--detach',
      '--json',
      ...ports,
      ...words,
    );
    expect(exit, stderr).to.equal(0);
    return JSON.parse(stdout) as typeof ready;
  };
  const remote = (): string => {
    const url = new URL(`${ready.url}/git/shop.git`);
    url.username = 'owner';
    url.password = ready.firstToken;
    return url.href;
  };
  const runs = async (): Promise<{ number: number; state: string }[]> => {
    const headers = { authorization: `Bearer ${ready.firstToken}` };
    const answer = await fetch(`${ready.url}/api/v1/apps/shop/runs`, { headers });
    return ((await answer.json()) as { items: { number: number; state: string }[] }).items;
  };
  const untilRun = async (number: number, state: string): Promise<void> => {
    const deadline = Date.now() + RUN_MS;
    while ((await runs()).find((run) => run.number === number)?.state !== state) {
      if (Date.now() > deadline) throw new Error(`run ${number} is not ${state}: ${JSON.stringify(await runs())}`);
      await wait(50);
    }
  };

  before(async () => {
    program = new ProgramCopy(join(folder, 'program'), '1.0.0');
    mkdirSync(join(folder, 'backup'));
    ready = await up(home);
    expect((await gantry('app', 'create', 'shop')).exit).to.equal(0);
    new Clone(join(folder, 'clone'), remote()).push('main', { 'gantry.yml': PIPELINE });
    await untilRun(1, 'succeeded');
  });
  after(async () => {
    for (const where of [home, other]) await program.run(where, 'down');
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  it('is made while Gantry works, with what the records point to', async () => {
    const { exit, stdout, stderr } = await gantry('backup', file, '--with-bytes', bytes);
    expect(exit, stderr).to.equal(0);
    expect(stdout)
      .to.contain('of Gantry 1.0.0')
      .and.to.match(/(\d+) artifacts \(.*\), \1 of them new; 1 repositories/);
    expect(readdirSync(bytes)).to.include.members(['artifacts', 'git', 'logs']);
    expect((await gantry('backup', file)).stderr).to.contain('is there already');
    // What is kept of the release's image is written a moment after the run.
    for (let i = 2, copied = 1; copied > 0; i++) {
      const again = await gantry('backup', join(folder, 'backup', `${i}.db`), '--with-bytes', bytes, '--json');
      ({ copied } = JSON.parse(again.stdout) as { copied: number });
    }
  });

  it('is not restored while Gantry runs, and not over records without being told', async () => {
    const running = await gantry('restore', file, '--replace');
    expect([running.exit, running.stderr]).to.satisfy(
      ([exit, text]: [number, string]) => exit === 1 && /Gantry runs on .* \.\/gantry down/s.test(text),
    );
    await gantry('down');
    const refused = await gantry('restore', file);
    expect(refused.stderr).to.contain('has records already').and.to.contain('--replace');
  });

  it('comes back into an empty folder, where pushes are accepted and nothing begins until it is confirmed [F55]', async () => {
    const restored = await program.run(other, 'restore', file, '--with-bytes', bytes);
    expect(restored.exit, restored.stderr).to.equal(0);
    expect(restored.stdout).to.contain('restore --confirm');
    expect(restored.stdout).to.match(/(\d+) artifacts belong to them, \1 were copied, 1 repositories came back\n/);
    ready = { ...(await up(other)), firstToken: ready.firstToken };
    expect((await runs()).map(({ number, state }) => [number, state])).to.deep.equal([[1, 'succeeded']]);
    execFileSync('git', ['clone', '--quiet', remote(), join(folder, 'again')], { stdio: 'ignore' });
    expect(existsSync(join(folder, 'again', 'gantry.yml'))).to.equal(true);
    new Clone(join(folder, 'second'), remote()).push('next', { 'gantry.yml': PIPELINE });
    const doctor = await program.run(other, 'doctor', '--json');
    const { checks } = JSON.parse(doctor.stdout) as { checks: { name: string; mend: string }[] };
    expect(checks.find(({ name }) => name === 'held-restore')?.mend).to.equal('./gantry restore --confirm');
    expect((await runs()).find(({ number }) => number === 2)?.state).to.equal('queued');
    expect((await program.run(other, 'restore', '--confirm', '--yes')).exit).to.equal(0);
    await untilRun(2, 'ignored');
    expect((await program.run(other, 'restore', '--confirm', '--yes')).stderr).to.contain('wait for nobody');
  });

  it('moves the records that were there aside', async () => {
    const { exit, stdout } = await gantry('restore', file, '--replace', '--json');
    expect(exit).to.equal(0);
    const { aside } = JSON.parse(stdout) as { aside: string };
    expect(readdirSync(aside)).to.include('gantry.db');
  });
});
