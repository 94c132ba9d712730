import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fileLogs } from '../../../engine/store/logs';

describe('the log of a step', () => {
  it('goes on in a folder that somebody has tidied away', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-test-logs-'));
    try {
      const logs = fileLogs(folder);
      await logs.append('a1', 'b2', Buffer.from('one\n'));
      await rm(join(folder, 'a1'), { recursive: true });
      await logs.append('a1', 'b2', Buffer.from('two\n'));
      expect((await logs.read('a1', 'b2', 0, 100)).toString()).to.equal('two\n');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
