import { expect } from 'chai';
import { sql } from 'kysely';
import { postgresPrograms } from '../../../bench/support/postgres';
import { emit } from '../../../engine/events/emit';
import type { EngineParts } from '../../../engine/parts';
import { migrations } from '../../../engine/store/migrations';
import { openDatabase } from '../../../engine/store/open';
import { databaseNow, openStore, type Store, schemaOf, sizeOf, storeOf, type Tx } from '../../../engine/store/store';
import { type DatabaseName, type TestDatabase, testDatabase } from '../../support/databases';
import { skipBecause } from '../../support/skips';

const BOTH: readonly DatabaseName[] = ['sqlite', 'postgres'];
const codeOf = (error: { code?: string }): string | undefined => error.code;

for (const name of BOTH) {
  describe(`the store on ${name}`, function () {
    this.timeout(30_000);
    let database: TestDatabase;
    let store: Store;
    before(function () {
      if (name === 'postgres' && postgresPrograms() === undefined)
        skipBecause(this, 'needs postgresql: ./gantry test brings it');
    });
    beforeEach(async () => {
      database = await testDatabase(name);
      store = await database.open();
    });
    afterEach(() => database.close());

    const put = (tx: Tx, key: string, value: string) => tx.insertInto('meta').values({ key, value }).execute();
    const readValue = async (reader: Store['read'] | Tx, key: string) =>
      (await reader.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst())?.value;

    it('makes a transaction wholly or not at all', async () => {
      const failing = store.write(async (tx) => {
        await put(tx, 'a', '1');
        throw new Error('changed my mind');
      });
      expect(await failing.catch((error: Error) => error.message)).to.equal('changed my mind');
      expect(await readValue(store.read, 'a')).to.equal(undefined);
    });

    it('takes back alone what breaks a rule of the schema, of several that share a commit', async () => {
      await store.write((tx) => put(tx, 'a', '1'));
      const all = await Promise.allSettled(['b', 'a', 'c'].map((key) => store.write((tx) => put(tx, key, '2'))));
      expect(all.map(({ status }) => status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled']);
      expect(await readValue(store.read, 'a')).to.equal('1');
      expect(await readValue(store.read, 'c')).to.equal('2');
    });

    it('lets one process write at a time: what a transaction reads stays true until its commit', async () => {
      const stores = [store, await database.open(), await database.open()];
      await store.write((tx) => put(tx, 'count', '0'));
      const count = (one: Store) =>
        one.write(async (tx) => {
          const before = Number(await readValue(tx, 'count'));
          await tx
            .updateTable('meta')
            .set({ value: String(before + 1) })
            .where('key', '=', 'count')
            .execute();
        });
      await Promise.all(stores.flatMap((one) => Array.from({ length: 20 }, () => count(one))));
      expect(await readValue(store.read, 'count')).to.equal('60');
    });

    it('hands out events to who follows them by their number, without leaving one out, whoever writes them', async () => {
      const writers = [store, await database.open(), await database.open()];
      await store.write((tx) =>
        tx
          .insertInto('apps')
          .values({ ...APP, id: 'a' as never, name: 'shop' })
          .execute(),
      );
      let writing = true;
      const seen: number[] = [];
      const follow = async () => {
        for (let last = false; !last; ) {
          last = !writing;
          const rows = await store.read
            .selectFrom('events')
            .select('id')
            .where('id', '>', seen.at(-1) ?? 0)
            .orderBy('id')
            .execute();
          seen.push(...rows.map(({ id }) => id));
          await new Promise(setImmediate); // SQLite answers at once: the writers get their turn
        }
      };
      const following = follow();
      const parts = { clock: { now: Date.now } } as EngineParts;
      const event = { app: 'a' as never, run: null, type: 'traffic' as const, data: {} };
      const tell = async (one: Store) => {
        for (let n = 0; n < 30; n++) await one.write((tx) => emit(parts, tx, event));
      };
      await Promise.all(writers.map(tell));
      writing = false;
      await following;
      expect(seen).to.have.lengthOf(90);
    });

    it('has a clock of its own in whole milliseconds, and says numbers and truths as numbers', async () => {
      const found = await store.read
        .selectNoFrom([
          databaseNow.as('now'),
          sql<number>`3 > 2`.as('truth'),
          sql<number>`(select count(*) from meta)`.as('count'),
          sql<number>`(select sum(next_event) from runs)`.as('sum'),
        ])
        .executeTakeFirstOrThrow();
      expect(Math.abs(found.now - Date.now())).to.be.lessThan(5_000);
      expect(found).to.deep.include({ truth: 1, count: 0, sum: null });
      expect(Number.isInteger(found.now)).to.equal(true);
    });

    it('tells how large it is', async () => {
      expect(await sizeOf(store.read)).to.be.greaterThan(10_000);
    });

    it('is brought up to date once when several processes begin, and by a newer Gantry while an older one works', async () => {
      const newer = [...migrations, ['create table later (id text primary key)']];
      const opened = await Promise.all([1, 2, 3].map(async () => openStore(await openDatabase(database.place), newer)));
      expect(await schemaOf(store.read)).to.equal(newer.length);
      await store.write((tx) => put(tx, 'old', 'works on'));
      await Promise.all(opened.map((one) => one.close()));
    });

    it('is refused by an older Gantry when a newer one has changed the schema [F54]', async () => {
      await sql`update schema_version set version = 99`.execute(store.read);
      const db = await openDatabase(database.place);
      expect(await openStore(db).catch(codeOf)).to.equal('schema-newer');
      await db.destroy();
    });

    it('keeps the schema that it had when bringing it up to date breaks off', async () => {
      const broken = [...migrations, ['create table later (id text primary key)', 'this is no statement']];
      const db = await openDatabase(database.place);
      await openStore(db, broken).then(
        () => expect.fail('it was taken'),
        () => undefined,
      );
      expect(await schemaOf(db)).to.equal(migrations.length);
      const again = [...migrations, ['create table later (id text primary key)']];
      await openStore(db, again);
      expect(await schemaOf(db)).to.equal(again.length);
      await storeOf(db).close();
    });

    it('refuses to change or remove what the audit says', async () => {
      await store.write((tx) => tx.insertInto('audit').values(ENTRY).execute());
      const changes = [
        sql`update audit set detail = 'other'`,
        sql`delete from audit`,
        ...(name === 'postgres' ? [sql`truncate audit`] : []),
      ];
      for (const change of changes) {
        const words = await change.execute(store.read).then(
          () => 'done',
          (error: Error) => error.message,
        );
        expect(words).to.contain('the audit is only added to');
      }
      expect(await store.read.selectFrom('audit').select('detail').execute()).to.deep.equal([{ detail: '{}' }]);
    });
  });
}

const APP = { created_at: 1, created_by: 'user:ada', next_run: 1, next_release: 1, path: '.', repository_id: null };
const ENTRY = {
  chain: 'shop',
  at: 1,
  actor: 'user:ada',
  action: 'app.create',
  object: 'shop',
  detail: '{}',
  prev_hash: '',
  hash: 'a',
};
