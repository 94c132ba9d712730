import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { houseSettings } from '../../settings';
import { skipBecause } from '../support/skips';

const ROOT = join(__dirname, '..', '..');
const UNITS = join(ROOT, 'packaging', 'systemd');
const SERVICES = ['gantry-web.service', 'gantry-runner.service'];
/** systemd's own measure of what a service may still do, in tenths: 100 is everything. */
const EXPOSURE_MAX = '25';

describe('the systemd units', () => {
  let folder = '';

  before(function () {
    if (spawnSync('systemd-analyze', ['--version']).error !== undefined) {
      skipBecause(this, 'needs systemd-analyze: sudo apt-get install systemd');
    }
    folder = mkdtempSync(join(tmpdir(), 'gantry-units-'));
    for (const service of SERVICES) {
      const text = readFileSync(join(UNITS, service), 'utf8');
      writeFileSync(join(folder, service), text.replaceAll('/opt/gantry', ROOT));
    }
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { cwd: folder, encoding: 'utf8' });

  it('are understood by systemd, without a word about any line', () => {
    const { status, stderr } = analyze('verify', '--man=no', ...SERVICES.map((service) => join(folder, service)));
    expect([status, stderr]).to.deep.equal([0, '']);
  });

  it('leave the processes little to do beside their work', () => {
    for (const service of SERVICES) {
      const options = ['--offline=true', `--threshold=${EXPOSURE_MAX}`, '--no-pager'];
      const { status, stdout } = analyze('security', ...options, join(folder, service));
      expect(status, stdout).to.equal(0);
    }
  });
});

describe('what packages start', () => {
  it('is the compiled program, with the words that web, runner and commands take', () => {
    const start = join(ROOT, 'packaging', 'gantry-process');
    const home = mkdtempSync(join(tmpdir(), 'gantry-process-'));
    const env = { PATH: process.env.PATH, GANTRY_HOME: home };
    try {
      expect(execFileSync(start, ['--version'], { env, encoding: 'utf8' })).to.contain(houseSettings().version);
      // A wrong setting ends each with its own words, before it touches anything.
      for (const name of ['web', 'runner']) {
        const { status, stderr } = spawnSync(start, [name], { env: { ...env, GANTRY_LISTEN: 'x' }, encoding: 'utf8' });
        expect([status, stderr]).to.deep.equal([
          1,
          `gantry ${name}: GANTRY_LISTEN is "x"; it must be host:port, for example 127.0.0.1:7070\n`,
        ]);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('the settings file for services', () => {
  it('is taken by both', () => {
    const lines = readFileSync(join(UNITS, 'gantry.env'), 'utf8').split('\n');
    const pairs = lines.filter((line) => /^\w+=/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2));
    const settings = houseSettings(Object.fromEntries(pairs));
    expect(settings).to.deep.include({
      home: '/var/lib/gantry',
      listen: { host: '127.0.0.1', port: 7070 },
      gateway: { host: '0.0.0.0', port: 80 },
    });
  });
});
