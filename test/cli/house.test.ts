import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { CommandError } from '../../cli/errors';
import { type HousePlan, planHouse } from '../../cli/house/plan';
import { checkRunner } from '../../cli/house/preflight';
import { readUpState, stateFiles } from '../../cli/house/state';
import { stopHouse } from '../../cli/house/stop';
import { Supervisor } from '../../cli/house/supervisor';
import { identify, isRunning, type ProcessIdentity } from '../../cli/processes/identity';
import { freePort } from '../../cli/processes/ports';
import { redisAnswers } from '../../cli/processes/redis';
import { ensureOwnTls } from '../../cli/tls/own';
import { trustOf } from '../../cli/tls/trust';
import { skipBecause } from '../support/skips';
import { Desk } from './support/command-line';
import { RUNNER, SECURE_WEB, STUBBORN, script, WEB } from './support/programs';
import { until } from './support/until';

const HERE = { host: '127.0.0.1', port: 1 };

describe('a house of web and runner', () => {
  let desk: Desk;
  let house: Supervisor | undefined;
  let said: string[];

  async function planned(change: Partial<HousePlan> = {}): Promise<HousePlan> {
    const port = await freePort('127.0.0.1');
    return {
      home: desk.home,
      root: process.cwd(),
      version: '1.0',
      url: `http://127.0.0.1:${port}`,
      trust: {},
      front: {},
      gateway: '127.0.0.1:8080',
      domain: 'localhost',
      dummy: true,
      redis: undefined,
      web: script(WEB, { PORT: String(port) }),
      runner: script(RUNNER, { HOME_FOLDER: desk.home }),
      ...change,
    };
  }

  async function built(change: Partial<HousePlan> = {}): Promise<Supervisor> {
    house = new Supervisor(await planned(change), (line) => said.push(line));
    await house.claim();
    return house;
  }

  async function redisPlan(): Promise<HousePlan['redis']> {
    if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined;
    return (await planHouse(desk.settings(), { listen: HERE, gateway: HERE, dummy: true })).redis;
  }

  const childNamed = (name: string): ProcessIdentity =>
    readUpState(desk.home)?.children.find((child) => child.name === name)?.identity as ProcessIdentity;

  beforeEach(() => {
    desk = new Desk();
    said = [];
  });
  afterEach(async () => {
    house?.kill();
    await house?.drain();
    house = undefined;
    desk.clear();
  });

  it('comes up, keeps the first token for its owner only, and shows warnings', async () => {
    const ready = await (await built()).start();
    expect([ready.firstToken, ready.tokenKnown]).to.deep.equal(['gantry_first', true]);
    const file = join(desk.home, 'client.json');
    expect(JSON.parse(readFileSync(file, 'utf8'))).to.deep.equal({ url: ready.url, token: 'gantry_first' });
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readFileSync(join(desk.home, 'log', 'web.log'), 'utf8')).to.equal('first token: (kept in client.json)\n');
    await until('the warning', () => said.includes('runner: a warning'));
  });

  it('trusts the certificate of its web, and keeps what the command line trusts it by', async () => {
    const port = await freePort('127.0.0.1');
    const files = desk.settings().ownTls;
    await ensureOwnTls(files, [], Date.now());
    const trust = trustOf(files);
    const web = script(SECURE_WEB, { PORT: String(port), CERT: files.certificate, KEY: files.key });
    const url = `https://127.0.0.1:${port}`;
    await (await built({ url, trust, web })).start();
    const client = JSON.parse(readFileSync(join(desk.home, 'client.json'), 'utf8')) as object;
    expect(client).to.deep.equal({ url, token: 'gantry_first', caFile: join(desk.home, 'tls', 'ca.pem') });
  });

  it('starts a part again that died', async () => {
    await (await built()).start();
    const first = childNamed('runner');
    process.kill(first.pid, 'SIGKILL');
    await until('another runner', () => childNamed('runner').pid !== first.pid);
    expect(said).to.include('runner ended: SIGKILL; it is started again in 0.5 s');
  });

  it('ends all of it when it drains', async () => {
    const up = await built();
    await up.start();
    const children = readUpState(desk.home)?.children ?? [];
    await up.drain();
    expect(children.filter(({ identity }) => isRunning(identity))).to.deep.equal([]);
    expect(readUpState(desk.home)).to.equal(undefined);
  });

  it('can be ended at once while it drains', async () => {
    const up = await built({ runner: script(STUBBORN, { HOME_FOLDER: desk.home }) });
    await up.start();
    const runner = childNamed('runner');
    const drained = up.drain();
    up.kill();
    await drained;
    expect(isRunning(runner)).to.equal(false);
  });

  it('refuses a second one in the same folder, with the address of the first', async () => {
    await (await built()).start();
    const other = new Supervisor(await planned(), () => undefined);
    const error = await other.claim().then(
      () => undefined,
      (thrown: CommandError) => thrown,
    );
    expect(error?.code).to.equal('already-running');
    expect(error?.message).to.contain(readUpState(desk.home)?.url);
  });

  it('with a Redis of its own keeps password and port when that Redis is started again', async function () {
    const redis = await redisPlan();
    if (redis === undefined) return skipBecause(this, 'needs redis-server: ./gantry test brings it');
    await (await built({ redis })).start();
    expect(statSync(join(desk.home, 'redis', 'redis.conf')).mode & 0o777).to.equal(0o600);
    expect(await redisAnswers({ ...redis.own, password: 'wrong' })).to.equal(false);
    const first = childNamed('redis');
    await planHouse(desk.settings(), { listen: HERE, gateway: HERE, dummy: true });
    process.kill(first.pid, 'SIGKILL');
    await until('another Redis', () => childNamed('redis').pid !== first.pid);
    await until('its answer', () => redisAnswers(redis.own));
  });

  it('gives up when a part ends while it starts, shows its last words, and leaves nothing', async () => {
    const up = await built({ web: script("console.error('the disk is full'); process.exit(3)") });
    const error = await up.start().then(
      () => undefined,
      (thrown: CommandError) => thrown,
    );
    expect(error).to.be.instanceOf(CommandError);
    expect(error?.message).to.contain('web ended while it started (exit status 3)').and.to.contain('the disk is full');
    expect(readUpState(desk.home)).to.equal(undefined);
  });

  it('ends what a killed supervisor left behind', async () => {
    mkdirSync(join(desk.home, 'run'), { recursive: true });
    const left = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const identity = identify(left.pid ?? 0) as ProcessIdentity;
    const state = {
      supervisor: { ...identity, ticks: 1 },
      url: '',
      gateway: '',
      dummy: true,
      ready: true,
      children: [{ name: 'web', identity }],
    };
    writeFileSync(join(desk.home, 'run', 'up.json'), JSON.stringify(state));
    await built();
    expect(isRunning(identity)).to.equal(false);
    expect(said[0]).to.contain('left by a Gantry that was killed');
  });
});

describe('what a house needs', () => {
  it('is asked of its runner once', async () => {
    const desk = new Desk();
    const asked = join(desk.folder, 'asked');
    mkdirSync(join(desk.folder, 'runners'));
    const checks = [
      { name: 'redis-settings', state: 'ok', found: '' },
      { name: 'docker', state: 'fail', found: 'no answer' },
    ];
    const doctor = `require('node:fs').appendFileSync('${asked}', 'once'); console.log('${JSON.stringify(checks)}');`;
    writeFileSync(join(desk.folder, 'runners', 'main.ts'), doctor);
    const settings = { ...desk.settings({ GANTRY_REDIS_URL: 'redis://there:1' }), root: desk.folder };
    const refused = (error: CommandError) => error.message;
    expect(await checkRunner(settings, false).catch(refused)).to.equal('Docker cannot be used: no answer');
    expect(readFileSync(asked, 'utf8')).to.equal('once');
    expect(await checkRunner(settings, true).catch(refused), 'on the dummy runner').to.equal(undefined);
    desk.clear();
  });
});

describe('down', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
    mkdirSync(join(desk.home, 'run'), { recursive: true });
  });
  afterEach(() => desk.clear());

  /** A process whose command line looks like web's. */
  const webLike = () => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '/some/dist/web/main.js']);
  const stateFile = (pid = 1) => join(desk.home, 'run', `web-${pid}.json`);

  it('ends a process by its state file', async () => {
    const web = webLike();
    writeFileSync(stateFile(web.pid), JSON.stringify({ pid: web.pid }));
    const stopped = await stopHouse(desk.home, () => undefined);
    expect(stopped).to.deep.equal([{ name: `web-${web.pid}`, pid: web.pid, how: 'ended' }]);
    expect(existsSync(stateFile(web.pid))).to.equal(false);
  });

  it('never ends another process that has the same number by now', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    const later = webLike();
    try {
      writeFileSync(stateFile(), JSON.stringify({ pid: stranger.pid }));
      writeFileSync(join(desk.home, 'run', 'redis.json'), JSON.stringify({ pid: 1 }));
      expect(await stopHouse(desk.home, () => undefined)).to.deep.equal([]);
      writeFileSync(stateFile(), JSON.stringify({ pid: later.pid }));
      utimesSync(stateFile(), 1, 1);
      expect(stateFiles(desk.home)[0]?.identity).to.equal(undefined);
      expect(await stopHouse(desk.home, () => undefined)).to.deep.equal([]);
      expect([stranger.exitCode, later.exitCode]).to.deep.equal([null, null]);
    } finally {
      for (const child of [stranger, later]) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    }
  });

  it('says that nothing was running', async () => {
    expect((await desk.run(['down'])).stdout).to.equal('Nothing of this folder was running.\n');
  });

  it('--purge asks first, and without a terminal wants --yes', async () => {
    const { exit, stderr } = await desk.run(['down', '--purge']);
    expect([exit, stderr]).to.deep.equal([
      2,
      'gantry: this wants a yes, and there is no terminal to ask on; say it with --yes\n',
    ]);
    expect(existsSync(desk.home)).to.equal(true);
  });

  it('--purge removes the data folder', async () => {
    const { exit, stdout } = await desk.run(['down', '--purge', '--yes']);
    expect([exit, stdout]).to.deep.equal([0, `removed data folder ${desk.home}\n`]);
    expect(existsSync(desk.home)).to.equal(false);
  });

  it('--purge refuses a folder that is no data folder', async () => {
    writeFileSync(join(desk.folder, 'letter.txt'), 'dear');
    const { exit, stderr } = await desk.run(['down', '--purge', '--yes'], {
      environment: { GANTRY_HOME: desk.folder },
    });
    // The folder holds "home", but nothing that Gantry writes.
    expect(exit).to.equal(1);
    expect(stderr).to.contain('does not look like a data folder of Gantry');
    expect(existsSync(join(desk.folder, 'letter.txt'))).to.equal(true);
  });
});

describe('up', () => {
  it('refuses a port in use in one sentence: port, process, option', async () => {
    const desk = new Desk();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { exit, stderr } = await desk.run(['up', '--dummy', '--port', String(port)]);
    expect(exit).to.equal(1);
    expect(stderr)
      .to.contain(`127.0.0.1:${port} is in use by process ${process.pid} (`)
      .and.to.contain('./gantry up --port');
    expect(readUpState(desk.home)).to.equal(undefined);
    server.close();
    desk.clear();
  });
});
