import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { type BackedUpBytes, backUpDatabase, readBackup, takeOutOfBackup } from '../../../engine/store/backup';
import { migrations } from '../../../engine/store/migrations';
import { openSqlite } from '../../../engine/store/sqlite';
import { type Db, openStore } from '../../../engine/store/store';
import { makeEngine, onPostgres, type TestEngine } from '../../support/engine';

const ABOUT = { version: '1.2.3', madeAt: 1_700_000_000_000 };
const WAR: BackedUpBytes = { store: 'artifacts', digest: `sha256:${'a'.repeat(64)}`, size: 12 };
const SCHEMA = migrations.length;

describe('a backup of the database', () => {
  let test: TestEngine;
  let folder: string;
  let from: string | Db;
  let file: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-backup-'));
    test = await makeEngine();
    from = onPostgres ? test.engine.parts.store.read : join(test.folder, 'gantry.db');
    file = join(folder, 'copy.db');
  });
  afterEach(async () => {
    await test.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const copy = () => backUpDatabase(from, file, ABOUT, async () => [WAR]);
  const codeOf = async (act: () => unknown): Promise<string> => {
    try {
      await act();
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('is whole although somebody writes all the while, and has every transaction entirely or not at all', async () => {
    let writing = true;
    let written = 0;
    const writer = (async () => {
      while (writing) {
        const pair = `pair-${written++}`;
        await test.engine.parts.store.write(async (tx) => {
          await tx
            .insertInto('meta')
            .values({ key: `${pair}-a`, value: 'x'.repeat(2_000) })
            .execute();
          await tx
            .insertInto('meta')
            .values({ key: `${pair}-b`, value: 'y' })
            .execute();
        });
      }
    })();
    while (written < 50) await new Promise((resolve) => setImmediate(resolve));
    await copy();
    writing = false;
    await writer;
    const made = new Database(file, { readonly: true });
    const count = (end: string) =>
      made.prepare(`select count(*) from meta where key like 'pair-%-${end}'`).pluck().get() as number;
    expect(count('a')).to.equal(count('b')).and.to.be.at.least(49);
    made.close();
  });

  it('says what it is, lists the bytes that belong to it, and is one file for its owner only', async () => {
    await test.engine.apps.create('shop', 'user:ada');
    await copy();
    const read = readBackup(file, SCHEMA);
    expect(read).to.deep.include({ ...ABOUT, schema: SCHEMA, bytes: [WAR] });
    expect(readdirSync(folder)).to.deep.equal(['copy.db']);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
  });

  it('holds nothing of what a registry was given, neither what waits nor what was forgotten', async () => {
    const { engine } = test;
    await engine.apps.create('shop', 'user:ada');
    const create = (password: string) => {
      const given = { kind: 'image' as const, ref: `registry.example/shop@sha256:${'b'.repeat(64)}` };
      const credentials = { username: 'robot', password: password.repeat(20) };
      return engine.releases.create({ app: 'shop', given, pipeline: 'app: shop', credentials }, 'user:ada');
    };
    await create('used-secret');
    const [used] = await engine.runs.list({ app: 'shop', limit: 1 });
    await engine.releases.forgetCredentials(used?.id as never);
    await create('open-secret');
    await copy();
    const bytes = readFileSync(file).toString('latin1');
    expect(bytes).to.contain('registry.example').and.not.contain('used-secret');
    expect(bytes).to.not.contain('open-secret');
  });

  it('becomes a database again that has no trace of the backup', async () => {
    await test.engine.apps.create('shop', 'user:ada');
    await copy();
    await takeOutOfBackup(file);
    const store = await openStore(openSqlite(file));
    const apps = await store.read.selectFrom('apps').select('name').execute();
    await store.close();
    expect(apps).to.deep.equal([{ name: 'shop' }]);
    expect(await codeOf(() => readBackup(file, SCHEMA))).to.equal('backup-unusable');
  });

  it('is refused when a page of it was changed, when it is no backup, and when a newer Gantry wrote it', async () => {
    for (let i = 0; i < 40; i++) await test.engine.apps.create(`app-${i}`, 'user:ada');
    await copy();
    expect(await codeOf(() => readBackup(file, SCHEMA - 1))).to.equal('schema-newer');
    const bytes = readFileSync(file);
    const page = bytes.indexOf('app-17');
    bytes.fill(0xff, page - 1_500, page + 1_500);
    writeFileSync(file, bytes);
    expect(await codeOf(() => readBackup(file, SCHEMA))).to.equal('backup-unusable');
    writeFileSync(file, 'a letter');
    expect(await codeOf(() => readBackup(file, SCHEMA))).to.equal('backup-unusable');
  });

  it('leaves nothing behind when it cannot be made', async () => {
    const code = await codeOf(() =>
      backUpDatabase(from, file, ABOUT, () => Promise.reject(new Error('the disk of the artifacts is gone'))),
    );
    expect(code).to.equal('backup-failed');
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
