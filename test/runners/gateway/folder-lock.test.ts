import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderLock } from '../../../runners/gateway/folder-lock';

const HOLD_FOR_EVER = `
const { FolderLock } = require(process.argv[1]);
new FolderLock(process.argv[2]).hold(() => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); });
`;

describe("the lock of a gateway's folder", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-lock-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  it('lets one at a time in, whoever asks', async () => {
    const one = new FolderLock(folder);
    const other = new FolderLock(folder);
    let inside = 0;
    let turns = 0;
    const turn = async () => {
      inside += 1;
      expect(inside).to.equal(1);
      await new Promise((resolve) => setImmediate(resolve));
      inside -= 1;
      turns += 1;
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? one : other).hold(turn)));
    expect(turns).to.equal(60);
  });

  it('is free again after work that failed', async () => {
    const lock = new FolderLock(folder);
    const failed = await lock.hold(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
    expect(failed).to.equal('no');
    expect(await new FolderLock(folder).hold(async () => 'in')).to.equal('in');
  });

  it('is free again when its holder was killed, and tells who waits too long', async () => {
    const source = require.resolve('../../../runners/gateway/folder-lock');
    const args = ['-r', 'ts-node/register/transpile-only', '-e', HOLD_FOR_EVER, source, folder];
    const holder = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(holder.stdout, 'data');
      const impatient = await new FolderLock(folder, { waitMs: 50 })
        .hold(async () => 'in')
        .catch((error: Error) => error.message);
      expect(impatient).to.contain('another process').and.contain(folder);
      const waiting = new FolderLock(folder).hold(async () => 'in');
      holder.kill('SIGKILL');
      expect(await waiting).to.equal('in');
    } finally {
      holder.kill('SIGKILL');
    }
  });
});
