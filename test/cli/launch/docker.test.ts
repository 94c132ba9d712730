import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const SCRIPT = join(__dirname, '..', '..', '..', 'cli', 'launch', 'docker.sh');

describe('the pid file of a daemon that was killed', () => {
  let folder = '';
  let file = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
    file = join(folder, 'docker.pid');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const forget = (program: string): void => {
    execFileSync('bash', [
      '-c',
      'set -euo pipefail; source "$1"; forget_dead_daemon "$2" "$3"',
      '-',
      SCRIPT,
      file,
      program,
    ]);
  };

  it('is forgotten when its process is gone', async () => {
    const child = spawn('true');
    await once(child, 'close');
    await writeFile(file, String(child.pid));
    forget('dockerd');
    expect(existsSync(file)).to.equal(false);
  });

  it('is forgotten when its number is another program now', async () => {
    await writeFile(file, String(process.pid));
    forget('dockerd');
    expect(existsSync(file)).to.equal(false);
  });

  it('stays while the daemon lives', async () => {
    const child = spawn('sleep', ['30']);
    try {
      await once(child, 'spawn');
      await writeFile(file, String(child.pid));
      forget('sleep');
      expect(existsSync(file)).to.equal(true);
    } finally {
      child.kill();
      await once(child, 'close');
    }
  });

  it('may be missing, empty or no number', async () => {
    forget('dockerd');
    await writeFile(file, '');
    forget('dockerd');
    await writeFile(file, 'x');
    forget('dockerd');
    expect(existsSync(file)).to.equal(true);
  });
});
