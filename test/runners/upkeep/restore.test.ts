import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { backUpDatabase } from '../../../engine/store/backup';
import { copyLogs } from '../../../runners/upkeep/backup';
import { putBack } from '../../../runners/upkeep/restore';
import type { RunnerSettings } from '../../../settings';
import { makeEngine, onSqliteOnly } from '../../support/engine';

describe('records that are put back', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-restore-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are those of the backup, whatever an attempt that was killed has left beside them', async function () {
    onSqliteOnly(this, 'a database of PostgreSQL is no file; see copy-rows.test.ts');
    const test = await makeEngine();
    await test.engine.apps.create('shop', 'user:ada');
    const file = join(folder, 'backup.db');
    await backUpDatabase(join(test.folder, 'gantry.db'), file, { version: '1', madeAt: 1 }, async () => []);
    await test.close();
    const home = join(folder, 'home');
    await mkdir(home);
    await leaveLog(join(home, 'gantry.db.restored'), file);
    await putBack({ home } as RunnerSettings, {
      file,
      replace: false,
      within: 0,
      actor: 'ada',
      progress: () => undefined,
    });
    const records = new Database(join(home, 'gantry.db'), { readonly: true });
    expect(records.prepare('select name from apps').pluck().all()).to.deep.equal(['shop']);
    records.close();
  });

  /** Begins to work on a copy, and dies with its changes in the write-ahead log. */
  async function leaveLog(copy: string, backup: string): Promise<void> {
    const work = join(folder, 'work.db');
    await writeFile(work, await readFile(backup));
    const database = new Database(work);
    database.pragma('journal_mode = WAL');
    database.exec("update apps set name = 'other'");
    await writeFile(`${copy}-wal`, await readFile(`${work}-wal`));
    database.close();
  }
});

describe('the logs of steps', () => {
  it('are copied when they have grown, and never give way to a shorter copy', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gantry-test-logs-'));
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    try {
      await copyLogs(here, there);
      expect(existsSync(there)).to.equal(false);
      await mkdir(here);
      await writeFile(join(here, 'step.log'), 'one\n');
      await copyLogs(here, there);
      await writeFile(join(here, 'step.log'), 'one\ntwo\n');
      await copyLogs(there, here);
      expect(await readFile(join(here, 'step.log'), 'utf8')).to.equal('one\ntwo\n');
      await copyLogs(here, there);
      expect(await readFile(join(there, 'step.log'), 'utf8')).to.equal('one\ntwo\n');
      for (const side of ['older', 'newer', 'left-out']) await writeFile(join(here, `step.log.${side}`), 'three\n');
      await copyLogs(here, there);
      expect(await readdir(there)).to.deep.equal(['step.log']);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
