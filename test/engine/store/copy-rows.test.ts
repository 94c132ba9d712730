import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'chai';
import { sql } from 'kysely';
import { postgresPrograms } from '../../../bench/support/postgres';
import { createEngine, type Engine } from '../../../engine/engine';
import { backUpDatabase } from '../../../engine/store/backup';
import { copyFromFile, copyToFile } from '../../../engine/store/copy-rows';
import { openSqlite } from '../../../engine/store/sqlite';
import { openStore, type Store } from '../../../engine/store/store';
import { type TestDatabase, testDatabase } from '../../support/databases';
import { partsOn } from '../../support/engine';
import { skipBecause } from '../../support/skips';

describe('records that move between SQLite and PostgreSQL', function () {
  this.timeout(30_000);
  let folder: string;
  let database: TestDatabase;
  let store: Store;
  before(function () {
    if (postgresPrograms() === undefined) skipBecause(this, 'needs postgresql: ./gantry test brings it');
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    database = await testDatabase('postgres');
    store = await database.open();
  });
  afterEach(async () => {
    await sql`drop schema if exists aside_1 cascade`.execute(store.read);
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const push = (engine: Engine, app: string, n: number) =>
    engine.deliveries.accept(
      {
        app,
        source: 'git-push',
        ref: 'refs/heads/main',
        before: String(n).repeat(40),
        after: String(n + 1).repeat(40),
        pusher: 'user:ada',
      },
      'user:ada',
    );
  const fill = async (engine: Engine): Promise<void> => {
    for (const app of ['shop', 'bank']) {
      await engine.apps.create(app, 'user:ada');
      for (let n = 1; n < 4; n++) await push(engine, app, n);
    }
  };
  const rowsOf = (file: string): Record<string, unknown[]> => {
    const records = new Database(file, { readonly: true });
    const names = records.prepare(`select name from sqlite_master where type = 'table' order by name`).pluck().all();
    const rows = Object.fromEntries(
      names
        .filter((name) => name !== 'sqlite_sequence')
        .map((name) => [
          name,
          records
            .prepare(`select * from "${name}"`)
            .all()
            .map((row) => JSON.stringify(row))
            .sort(),
        ]),
    );
    records.close();
    return rows;
  };

  it('are the same rows afterwards, and are numbered on', async () => {
    const first = join(folder, 'first.db');
    const sqlite = await openStore(openSqlite(first));
    await fill(createEngine(partsOn(sqlite, folder)));
    await sqlite.close();
    expect(await copyFromFile(first, store.read, 'aside_1')).to.equal(true);
    const second = join(folder, 'second.db');
    await copyToFile(store.read, second);
    expect(rowsOf(second)).to.deep.equal(rowsOf(first));
    expect(rowsOf(second).runs).to.have.lengthOf(6);

    const engine = createEngine(partsOn(store, folder));
    const [accepted] = await push(engine, 'shop', 7);
    expect(accepted?.run?.number).to.equal(4);
    expect((await engine.audit.verify({})).ok).to.equal(true);
  });

  it('that a newer Gantry has made are not backed up by an older one, which would leave out what it does not know', async () => {
    await sql`alter table apps add column later text`.execute(store.read);
    await sql`update schema_version set version = version + 1`.execute(store.read);
    const about = { version: '1', madeAt: 1 };
    const made = backUpDatabase(store.read, join(folder, 'copy.db'), about, async () => []);
    expect(await made.catch((error: { code: string }) => error.code)).to.equal('schema-newer');
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('lie aside, whole, when others take their place', async () => {
    await fill(createEngine(partsOn(store, folder)));
    const empty = join(folder, 'empty.db');
    await (await openStore(openSqlite(empty))).close();
    await copyFromFile(empty, store.read, 'aside_1');
    const count = async (schema: string) =>
      (await sql<{ n: number }>`select count(*) as n from ${sql.id(schema, 'runs')}`.execute(store.read)).rows[0]?.n;
    expect([await count('public'), await count('aside_1')]).to.deep.equal([0, 6]);
  });

  it('stay as they are when something in the copy cannot be taken', async () => {
    await fill(createEngine(partsOn(store, folder)));
    const bad = join(folder, 'bad.db');
    await (await openStore(openSqlite(bad))).close();
    const file = new Database(bad);
    file.pragma('foreign_keys = OFF');
    file.exec(`insert into tokens (hash, user_id, name, created_at) values ('hash', 'nobody', 'name', 1)`);
    file.close();
    const taken = await copyFromFile(bad, store.read, 'aside_1').then(
      () => true,
      () => false,
    );
    expect(taken).to.equal(false);
    expect(await store.read.selectFrom('runs').select('id').execute()).to.have.lengthOf(6);
  });
});
