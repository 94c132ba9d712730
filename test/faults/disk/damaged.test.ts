import { closeSync, copyFileSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { AuditWatch } from '../../../engine/audit/watch';
import type { GantryError } from '../../../engine/model/errors';
import { anchorFile } from '../../../engine/store/anchor-file';
import { openSqlite } from '../../../engine/store/sqlite';
import { audit } from '../../../runners/upkeep/audit';
import { runnerSettings } from '../../../settings';
import { makeEngine, onPostgres } from '../../support/engine';
import { skipBecause } from '../../support/skips';

const PAGE = 4_096;

describe('a database file that is not what it was', () => {
  let folder: string;
  let file: string;
  beforeEach(async function () {
    if (onPostgres) skipBecause(this, 'is about the database file');
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-damaged-'));
    file = join(folder, 'gantry.db');
    const test = await makeEngine();
    for (let i = 0; i < 200; i++) await test.engine.apps.create(`app-${i}`, 'user:ada');
    takeOverLog(join(test.folder, 'gantry.db'));
    copyFileSync(join(test.folder, 'gantry.db'), file);
    await test.close();
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const overwrite = (at: number, bytes: Buffer) => {
    const handle = openSync(file, 'r+');
    writeSync(handle, bytes, 0, bytes.length, at);
    closeSync(handle);
  };
  const refusal = async (): Promise<GantryError> => {
    let opened: ReturnType<typeof openSqlite>;
    try {
      opened = openSqlite(file);
    } catch (error) {
      return error as GantryError;
    }
    await opened.destroy();
    throw new Error('it was opened');
  };

  it('is opened when it is whole', async () => {
    await openSqlite(file).destroy();
  });

  const damages: [string, () => void][] = [
    ['a page that was overwritten', () => overwrite(PAGE, Buffer.alloc(PAGE, 0xa5))],
    ['a page that was written half', () => overwrite(PAGE * 2, Buffer.alloc(PAGE / 2, 0))],
    ['a file that was cut', () => truncateSync(file, statSync(file).size - 4 * PAGE)],
    ['a head that was overwritten', () => overwrite(0, Buffer.from('no database'))],
  ];
  for (const [what, damage] of damages) {
    it(`is refused at the start, with what to do: ${what} [F18]`, async () => {
      damage();
      const error = await refusal();
      expect(error).to.include({ code: 'database-damaged', kind: 'unavailable' });
      expect(error.message).to.include(file);
      expect(error.next).to.include('gantry restore');
    });
  }

  it('is found out by the anchors of the audit when its write-ahead log is gone [F18]', async () => {
    const test = await makeEngine();
    try {
      const original = join(test.folder, 'gantry.db');
      await test.engine.apps.create('before', 'user:ada');
      takeOverLog(original);
      await test.engine.apps.create('after', 'user:ada');
      const anchors = join(folder, 'heads.jsonl');
      await new AuditWatch(test.engine.parts, anchorFile(anchors)).turn();
      copyFileSync(original, file);
      const words = { file, anchors, replace: false, within: 0, actor: 'ada', progress: () => undefined };
      const { ok, breaks } = await audit(runnerSettings({ GANTRY_HOME: folder }), words);
      expect(ok).to.equal(false);
      expect(breaks.map(({ finding }) => finding)).to.include('cut');
    } finally {
      await test.close();
    }
  });
});

/** Everything is in the file itself then. */
function takeOverLog(file: string): void {
  const database = new Database(file);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}
