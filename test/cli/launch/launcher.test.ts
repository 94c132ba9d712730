import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';

const root = join(__dirname, '..', '..', '..');

interface Said {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a folder; PATH begins with the Node that runs this test, as in a developer's shell. */
function run(program: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Said> {
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env: { ...process.env, PATH: path, ...env } }, (error, stdout, stderr) => {
      resolve({ status: Number(error?.code ?? 0), stdout, stderr });
    });
  });
}

/** A bash script with the launcher's parts for slow steps loaded, and a cache of its own. */
function scriptOf(folder: string, lines: string): string {
  const head = ['set -euo pipefail', `ROOT=${root}`, `GANTRY_CACHE=${folder}`];
  const parts = ['talk', 'steps'].map((part) => `source "$ROOT/cli/launch/${part}.sh"`);
  return [...head, ...parts, 'mkdir -p "$LOGS"', lines].join('\n');
}

/** Runs such a script to its end. */
function runSteps(folder: string, lines: string): Promise<Said> {
  return run('bash', ['-c', scriptOf(folder, lines)], folder);
}

describe('the launcher', function () {
  this.timeout(30_000);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-launcher-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('prints nothing but what a shell should evaluate, from any folder and through a link', async () => {
    symlinkSync(join(root, 'gantry'), join(folder, 'link'));
    const { status, stdout } = await run(join(folder, 'link'), ['env'], folder);
    expect(status).to.equal(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).to.match(/^export PATH=.+:"\$PATH"$/);
    expect(lines[1]).to.match(/^export npm_config_nodedir=/);
    expect(lines).to.have.length(2);
  });

  it('explains itself and what it would install on a bare machine, and installs nothing', async () => {
    const checkout = join(folder, 'checkout');
    for (const part of ['gantry', 'cli/launch', 'package.json', 'package-lock.json']) {
      cpSync(join(root, part), join(checkout, part), { recursive: true });
    }
    const cache = join(folder, 'cache');
    const { status, stdout, stderr } = await run(join(checkout, 'gantry'), ['help'], folder, { GANTRY_CACHE: cache });
    expect(status).to.equal(0);
    expect(stdout).to.include('./gantry demo');
    expect(stderr).to.match(/modules +libraries/);
    expect(existsSync(cache)).to.equal(false);
    expect(existsSync(join(checkout, 'node_modules'))).to.equal(false);
  });

  it('names the benches when asked for one that does not exist', async () => {
    const { status, stderr } = await run(join(root, 'gantry'), ['bench', 'nothing-like-it'], folder);
    expect(status).to.equal(1);
    expect(stderr).to.include("there is no bench called 'nothing-like-it'; ./gantry bench lists them");
  });

  it('names the Docker Engines that the tests can run on when asked for another', async () => {
    const { status, stderr } = await run(join(root, 'gantry'), ['test', '--docker', 'nothing-like-it'], folder);
    expect(status).to.equal(1);
    expect(stderr).to.equal("gantry: there is no Docker Engine 'nothing-like-it' to test on; known: trixie\n");
  });

  it('names the databases that the tests can run on when asked for another', async () => {
    const { status, stderr } = await run(join(root, 'gantry'), ['test', '--database', 'nothing-like-it'], folder);
    expect(status).to.equal(1);
    expect(stderr).to.equal(
      "gantry: there is no database 'nothing-like-it' to test on besides SQLite; known: postgres\n",
    );
  });

  it('takes a Node of the machine that can be told which protocols to change to, and has its headers', async () => {
    mkdirSync(join(folder, 'include', 'node'), { recursive: true });
    writeFileSync(join(folder, 'include', 'node', 'node.h'), '');
    const versions = ['20.19.5', '22.20.0', '22.21.0', '23.11.1', '24.8.0', '24.9.0', '25.0.0'];
    const { stdout } = await runSteps(
      folder,
      `source "$ROOT/cli/launch/node.sh"
      for version in ${versions.join(' ')}; do
        if accepts_node "$version" 137 x64 "${folder}/bin/node"; then echo "$version"; fi
      done
      accepts_node 24.9.0 137 x64 /nowhere/bin/node || echo 'no headers'`,
    );
    expect(stdout.trimEnd().split('\n')).to.deep.equal(['22.21.0', '24.9.0', '25.0.0', 'no headers']);
  });

  it('says with one sentence that the cache cannot be written', async () => {
    const { status, stderr } = await run(join(root, 'gantry'), ['env'], folder, { GANTRY_CACHE: '/dev/null/cache' });
    expect(status).to.equal(1);
    expect(stderr.trim()).to.match(/^gantry: the cache \/dev\/null\/cache cannot be written; name another folder/);
  });
});

describe('a slow step', function () {
  this.timeout(30_000);
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-step-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows the end of its log and the command that mends it when it fails', async () => {
    const { status, stderr } = await runSteps(
      folder,
      'work() { seq 1 50; false; echo unreachable; }\nrun_steps "counting" work "./gantry mend"',
    );
    expect(status).to.equal(1);
    expect(stderr).to.match(/ {6}31\n/);
    expect(stderr).not.to.match(/ {6}30\n/);
    expect(stderr).not.to.include('unreachable');
    expect(stderr.trimEnd()).to.match(
      /gantry: counting failed \(status 1, all of it in .*\); mend it: \.\/gantry mend$/,
    );
  });

  it('runs beside another one, and both are waited for', async () => {
    const { status, stderr } = await runSteps(
      folder,
      'one() { until [[ -f two ]]; do sleep 0.01; done; }\ntwo() { touch two; }\n' +
        'cd "$GANTRY_CACHE"; run_steps first one "" second two ""',
    );
    expect(status).to.equal(0);
    expect(stderr).to.include('ok  first').and.to.include('ok  second');
  });

  it('is ended with all its children when the launcher is told to stop', async () => {
    const script = scriptOf(folder, 'work() { sleep 60 & echo $! >child; wait; }\nrun_steps stuck work ""');
    const launcher = spawn('bash', ['-c', script], { cwd: folder, stdio: 'ignore' });
    const ended = once(launcher, 'exit');
    const child = await pidIn(join(folder, 'child'));
    launcher.kill('SIGTERM');
    expect(await ended).to.deep.equal([143, null]);
    await gone(child);
  });
});

/** The number that a step writes into a file, as soon as it is there. */
async function pidIn(file: string): Promise<number> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text.endsWith('\n')) return Number(text);
    await wait(10);
  }
}

/** Waits until a process has ended; one that only waits to be collected has. The test's time limit is the limit. */
async function gone(pid: number): Promise<void> {
  const stat = `/proc/${pid}/stat`;
  while (existsSync(stat) && !/\) Z /.test(readFileSync(stat, 'utf8'))) await wait(10);
}
