import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { sql } from 'kysely';
import { postgresPrograms } from '../../../bench/support/postgres';
import { createEngine, type Engine } from '../../../engine/engine';
import type { GantryError } from '../../../engine/model/errors';
import { openDatabase } from '../../../engine/store/open';
import { faultOf, type ServerFacts } from '../../../engine/store/postgres-server';
import { openStore, type Store, type Tx } from '../../../engine/store/store';
import { audit } from '../../../runners/upkeep/audit';
import { hasRecords, openRecords } from '../../../runners/upkeep/data';
import { houseSettings, runnerSettings } from '../../../settings';
import { type CuttingProxy, cuttingProxy } from '../../support/cutting-proxy';
import { partsOn } from '../../support/engine';
import { type TestPostgres, testPostgres } from '../../support/postgres';
import { skipBecause } from '../../support/skips';

const PUSH = {
  app: 'shop',
  source: 'git-push',
  ref: 'refs/heads/main',
  before: '0'.repeat(40),
  after: 'a'.repeat(40),
  pusher: 'user:ada',
};
/** As the driver sends it; the word alone is also the name of a column. */
const COMMIT = 'commit\0';
const put = (key: string) => (tx: Tx) => tx.insertInto('meta').values({ key, value: '' }).execute();
const codeOf = (error: { code?: string }): string | undefined => error.code;

describe('PostgreSQL', function () {
  this.timeout(60_000);
  let server: TestPostgres;
  let proxy: CuttingProxy;
  let url: string;
  let home: string;
  let opened: Store[] = [];
  before(async function () {
    if (postgresPrograms() === undefined) skipBecause(this, 'needs postgresql: ./gantry test brings it');
    home = mkdtempSync(join(tmpdir(), 'gantry-test-'));
    server = await testPostgres(['max_connections=8', 'superuser_reserved_connections=0']);
  });
  after(async () => {
    await server.remove();
    rmSync(home, { recursive: true, force: true });
  });
  let made = 0;
  beforeEach(async () => {
    url = await server.create(`test_${++made}`);
    proxy = await cuttingProxy(Number(new URL(url).port));
  });
  afterEach(async () => {
    await Promise.all(opened.map((store) => store.close()));
    opened = [];
    await proxy.close();
  });

  const open = async (databaseUrl = url): Promise<Store> => {
    const store = await openStore(await openDatabase({ home, databaseUrl }));
    opened.push(store);
    return store;
  };
  const openThroughProxy = (options = ''): Promise<Store> =>
    open(`${url.replace(/:\d+\//, `:${proxy.port}/`)}${options}`);
  const engineOn = (store: Store): Engine => createEngine(partsOn(store, home));
  const deliveries = async (engine: Engine) =>
    (await engine.parts.store.read.selectFrom('deliveries').select('id').execute()).length;

  it('without records is said to have none, also by whoever checks the audit', async () => {
    const settings = runnerSettings({ GANTRY_HOME: home, GANTRY_DATABASE_URL: server.urlOf('postgres') });
    const words = { file: '', replace: false, within: 0, actor: 'ada', progress: () => undefined };
    const refused = (failed: GantryError) => [failed.code, failed.message];
    const said = ['no-data', 'the database has no records of Gantry'];
    expect(await audit(settings, words).then(() => [], refused)).to.deep.equal(said);
    expect(await openRecords(settings).then(() => [], refused)).to.deep.equal(said);
    expect(await hasRecords(settings)).to.equal(false);
  });

  it('killed in a transaction leaves nothing of it, and works on when it is back [F19]', async () => {
    const store = await open();
    const failed = store.write(async (tx) => {
      await put('half')(tx);
      await server.kill();
      await put('other')(tx);
    });
    expect(await failed.catch(codeOf)).to.equal('database-unreachable');
    expect(await store.read.selectFrom('meta').selectAll().execute().catch(codeOf)).to.equal('database-unreachable');
    await server.start();
    await store.write(put('whole'));
    const rows = await store.read.selectFrom('meta').select('key').execute();
    expect(rows).to.deep.equal([{ key: 'whole' }]);
  });

  it('lost while it answers a commit is asked whether it counted: a push is taken once and answered [F19]', async () => {
    const store = await openThroughProxy();
    const engine = engineOn(store);
    await engine.apps.create('shop', 'user:ada');
    proxy.cutAt(COMMIT, 'after');
    const [accepted] = await engine.deliveries.accept(PUSH, 'user:ada');
    expect(accepted).to.deep.include({ known: false, outcome: 'run' });
    expect(await deliveries(engine)).to.equal(1);
  });

  it('lost before it heard the commit fails the push, and the same push again is taken once [F19]', async () => {
    const store = await openThroughProxy();
    const engine = engineOn(store);
    await engine.apps.create('shop', 'user:ada');
    proxy.cutAt(COMMIT, 'before');
    const failed = await engine.deliveries.accept(PUSH, 'user:ada').then(() => 'taken', codeOf);
    expect(failed).to.equal('database-unreachable');
    expect(await deliveries(engine)).to.equal(0);
    const [accepted] = await engine.deliveries.accept(PUSH, 'user:ada');
    expect(accepted).to.deep.include({ known: false, outcome: 'run' });
    expect(await deliveries(engine)).to.equal(1);
  });

  it('that is asked before it is back from its recovery is asked again, until it knows', async () => {
    // A standby that takes over refuses this at first; here by a function of the same name, to the 2nd and the 3rd caller.
    const owner = await open();
    await sql`create sequence asked`.execute(owner.read);
    await sql.raw(RECOVERING).execute(owner.read);
    const store = await openThroughProxy('?options=-c search_path=public,pg_catalog');
    proxy.cutAt(COMMIT, 'after');
    await store.write(put('whole'));
    const { rows } = await sql<{ n: number }>`select last_value as n from asked`.execute(owner.read);
    expect(rows[0]?.n).to.be.greaterThan(3);
  });

  it('whose schema a newer Gantry has changed refuses what it keeps planned, once for each connection', async () => {
    const store = await open();
    const engine = engineOn(store);
    await engine.apps.create('shop', 'user:ada');
    const find = () => engine.apps.find('shop').then(({ name }) => name, codeOf);
    expect(await find()).to.equal('shop');
    await sql`alter table apps add column later text`.execute(store.read);
    expect([await find(), await find()]).to.deep.equal(['database-changed', 'shop']);
  });

  it('with fewer connections than processes want makes them wait, or tells them so, and nothing stands still [F20]', async () => {
    const stores = [await open(), await open(), await open()];
    const written = stores.flatMap((store, n) =>
      Array.from({ length: 20 }, (_, i) => store.write(put(`${n}-${i}`)).then(() => 'done', codeOf)),
    );
    const read = stores.flatMap((store) =>
      Array.from({ length: 20 }, () =>
        store.read
          .selectFrom('meta')
          .select('key')
          .execute()
          .then(() => 'done', codeOf),
      ),
    );
    const ends = await Promise.all([...written, ...read]);
    expect(new Set(ends)).to.satisfy((all: Set<string>) =>
      [...all].every((end) => ['done', 'database-busy'].includes(end)),
    );
    const done = (await Promise.all(written)).filter((end) => end === 'done').length;
    const rows = await stores[0]?.read.selectFrom('meta').select('key').execute();
    expect(rows).to.have.lengthOf(done).and.not.lengthOf(0);
  });

  it('held by another writer makes writers wait, while readers read; too long, and they are told [F20]', async () => {
    const store = await open();
    const hasty = await open(`${url}?lock_timeout=300`);
    const [held, holding] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const first = store.write(async (tx) => {
      await put('first')(tx);
      holding.resolve();
      await held.promise;
    });
    await holding.promise;
    expect(await hasty.write(put('hasty')).catch(codeOf)).to.equal('database-locked');
    expect(await hasty.read.selectFrom('meta').selectAll().execute()).to.deep.equal([]);
    const patient = (await open()).write(put('patient'));
    held.resolve();
    await Promise.all([first, patient]);
    const keys = await store.read.selectFrom('meta').select('key').orderBy('key').execute();
    expect(keys.map(({ key }) => key)).to.deep.equal(['first', 'patient']);
  });

  it('ends the transaction of a process that stands still in it, so that the others go on [F5]', async () => {
    const paused = await open(`${url}?idle_in_transaction_session_timeout=200`);
    const others = await open();
    const late = paused.write(async (tx) => {
      await put('late')(tx);
      await wait(600);
      await put('later')(tx);
    });
    const failed = late.catch(codeOf);
    await wait(50);
    await others.write(put('other'));
    expect(await failed).to.equal('database-unreachable');
    expect(await others.read.selectFrom('meta').select('key').execute()).to.deep.equal([{ key: 'other' }]);
  });

  it('gets what a program has printed without the characters that its text does not know', async () => {
    const store = await open();
    await store.write((tx) => tx.insertInto('meta').values({ key: 'a', value: 'x\0y\ud800z' }).execute());
    const rows = await store.read.selectFrom('meta').select('value').execute();
    expect(rows).to.deep.equal([{ value: 'x\ufffdy\ufffdz' }]);
  });

  it('is refused while it could lose what was answered', async () => {
    const store = await open();
    await sql`alter database ${sql.id(`test_${made}`)} set synchronous_commit = off`.execute(store.read);
    const failed = await openDatabase({ home, databaseUrl: url }).catch((error: Error) => error);
    expect(failed).to.deep.include({ code: 'database-unfit' });
    expect((failed as GantryError).next).to.contain('synchronous_commit = on');
  });

  it('works for a user who may add to the audit, but change nothing that it says', async () => {
    const store = await open();
    const role = `app_${made}`;
    for (const statement of GRANTS) await sql.raw(statement.replaceAll('APP', role)).execute(store.read);
    const app = await open(`${url.replace('gantry:secret', role)}`);
    await app.write((tx) => tx.insertInto('audit').values(ENTRY).execute());
    expect(await app.write(put('a')).then(() => 'done')).to.equal('done');
    const change = sql`update audit set detail = 'other'`.execute(app.read);
    expect(await change.then(() => 'done', codeOf)).to.equal('database-rights');
    expect(await sql`truncate audit`.execute(app.read).then(() => 'done', codeOf)).to.equal('database-rights');
    const drop = sql`drop trigger audit_keeps_what_it_says on audit`.execute(app.read);
    expect(await drop.then(() => 'done', codeOf)).to.equal('database-rights');
  });
});

const RECOVERING = `create function public.pg_current_wal_lsn() returns pg_lsn language plpgsql as $$ begin
  if nextval('asked') in (2, 3) then raise 'recovery is in progress' using errcode = '55000'; end if;
  return pg_catalog.pg_current_wal_lsn();
end $$`;
const GRANTS = [
  'create role APP login',
  'grant usage on schema public to APP',
  'grant select, insert, update, delete on all tables in schema public to APP',
  'revoke update, delete, truncate on audit from APP',
  'grant usage, select on all sequences in schema public to APP',
];
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

describe('a server', () => {
  const good: ServerFacts = {
    version: 150013,
    fsync: 'on',
    synchronousCommit: 'on',
    fullPageWrites: 'on',
    encoding: 'UTF8',
    standby: 0,
  };
  const bad: readonly [Partial<ServerFacts>, string][] = [
    [{ version: 120022 }, 'PostgreSQL 12 is too old'],
    [{ fsync: 'off' }, 'fsync off'],
    [{ fullPageWrites: 'off' }, 'full_page_writes off'],
    [{ synchronousCommit: 'off' }, 'synchronous_commit off'],
    [{ encoding: 'SQL_ASCII' }, 'encoded as SQL_ASCII'],
    [{ standby: 1 }, 'standby'],
  ];
  it('is fit when it keeps what it has answered', () => {
    expect(faultOf(good)).to.equal(undefined);
    expect(faultOf({ ...good, synchronousCommit: 'remote_apply' })).to.equal(undefined);
  });
  for (const [change, words] of bad) {
    it(`is unfit with ${JSON.stringify(change)}, and says what mends it`, () => {
      const fault = faultOf({ ...good, ...change });
      expect(fault?.says).to.contain(words);
      expect(fault?.mend).to.not.equal('');
    });
  }
});

describe('the address of the database', () => {
  it('is PostgreSQL or nothing', () => {
    expect(houseSettings({ GANTRY_DATABASE_URL: '' }).databaseUrl).to.equal(undefined);
    expect(houseSettings({ GANTRY_DATABASE_URL: 'postgres://a@b/c' }).databaseUrl).to.equal('postgres://a@b/c');
    expect(() => houseSettings({ GANTRY_DATABASE_URL: 'mysql://root:hunter2@host/db' })).to.throw(/must be postgres:/);
  });

  it('is never shown: its password would be', async () => {
    const words: string[] = [];
    for (const address of [
      'mysql://root:hunter2@host/db',
      'postgres://root:hunter2@127.0.0.1:1/db',
      'postgres://hunter2%@/',
    ]) {
      try {
        const { databaseUrl } = houseSettings({ GANTRY_DATABASE_URL: address });
        await openDatabase({ home: '/nowhere', databaseUrl });
      } catch (error) {
        words.push(String((error as Error).stack), JSON.stringify(error));
      }
    }
    expect(words).to.have.lengthOf(6);
    expect(words.join()).to.not.contain('hunter2');
  });
});
