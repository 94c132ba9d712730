import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import type { GantryError } from '../../../engine/model/errors';
import { openSqlite } from '../../../engine/store/sqlite';
import { openStore } from '../../../engine/store/store';
import { type Flush, flushes, type WalFile, walFile } from '../../../engine/store/wal-flush';

/** A disk that is done when it is told so. */
class SlowDisk implements WalFile {
  private readonly waiting: { done(): void; fail(error: Error): void }[] = [];
  begun = 0;

  sync(): Promise<void> {
    this.begun += 1;
    return new Promise((done, fail) => this.waiting.push({ done, fail }));
  }
  close(): void {}
  finish(): void {
    this.waiting.shift()?.done();
  }
  break(): void {
    this.waiting.shift()?.fail(new Error('EIO: i/o error, fdatasync'));
  }
}

describe('what was committed', () => {
  let disk: SlowDisk;
  let faults: GantryError[];
  let flush: Flush;
  beforeEach(() => {
    disk = new SlowDisk();
    faults = [];
    flush = flushes(disk, (error) => faults.push(error));
  });

  it('is on the disk when a flush that began later is over: those who come meanwhile share the next one', async () => {
    const over: string[] = [];
    const asked = ['first', 'second', 'third'].map((name) => flush().then(() => over.push(name)));
    expect(disk.begun).to.equal(1);
    disk.finish();
    await asked[0];
    expect(over).to.deep.equal(['first']);
    disk.finish();
    await Promise.all(asked);
    expect(disk.begun).to.equal(2);
    const later = flush();
    expect(disk.begun, 'nothing of before counts for whoever comes now').to.equal(3);
    disk.finish();
    await later;
  });

  it('is nowhere when the disk fails: the process is told to end, and whoever came meanwhile asks the disk anew', async () => {
    const [first, second] = [flush(), flush()];
    disk.break();
    const refused = await first.catch((error: GantryError) => error);
    expect(refused).to.have.property('code', 'database-broken');
    expect(faults.map(({ message }) => message)).to.deep.equal([
      'the disk failed under the database (SQLITE_IOERR_FSYNC: EIO: i/o error, fdatasync)',
    ]);
    await Promise.resolve();
    disk.finish();
    await second;
  });
});

describe('the write-ahead log of a database', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gantry-test-flush-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is flushed for whoever has written, and for whoever acts by what others have', async () => {
    const file = join(folder, 'gantry.db');
    const store = await openStore(openSqlite(file));
    await store.write((tx) => tx.insertInto('meta').values({ key: 'a', value: '1' }).execute());
    await store.settled();
    const other = new Database(file, { readonly: true });
    expect(other.prepare('select value from meta where key = ?').pluck().get('a')).to.equal('1');
    other.close();
    await store.close();
  });

  it('keeps the locks of SQLite when it is closed: another process still waits for a writer', async () => {
    const file = join(folder, 'gantry.db');
    await (await openStore(openSqlite(file))).close();
    const writer = new Database(file);
    writer.exec('begin immediate');
    writer.exec(`insert into meta (key, value) values ('held', '1')`);
    const wal = walFile(file);
    await wal.sync();
    wal.close();
    const other = new Database(file, { timeout: 0 });
    expect(() => other.exec('begin immediate')).to.throw('database is locked');
    other.close();
    writer.exec('commit');
    writer.close();
  });

  it('is needed no more once its database is closed', async () => {
    const db = openSqlite(join(folder, 'gantry.db'));
    const store = await openStore(db);
    await db.destroy();
    await store.close();
  });

  it('says that the disk failed when it is gone', async () => {
    const faults: GantryError[] = [];
    const flush = flushes(walFile(join(folder, 'none.db')), (error) => faults.push(error));
    const refused = await flush().catch((error: GantryError) => error);
    expect(refused).to.have.property('code', 'database-broken');
    expect(faults).to.deep.equal([refused]);
  });
});
