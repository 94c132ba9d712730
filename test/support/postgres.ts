import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { askPostgres, startPostgres, type ThrowawayPostgres } from '../../bench/support/postgres';
import { migrations } from '../../engine/store/migrations';
import { openDatabase } from '../../engine/store/open';
import { openStore } from '../../engine/store/store';

/** A server with databases for tests. */
export interface TestPostgres extends ThrowawayPostgres {
  /** Makes a database with the schema in it; one that is there stays as it is. @returns its address */
  create(name: string): Promise<string>;
  drop(name: string): Promise<void>;
}

const TEMPLATE = 'with_schema';

/** It lies in memory where that is possible: `fsync` is on, and costs nothing. */
export async function testPostgres(settings: readonly string[] = []): Promise<TestPostgres> {
  const server = await startPostgres(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), settings);
  const ask = (text: string) => askPostgres(server.urlOf('postgres'), text);
  const prepare = async (): Promise<void> => {
    await ask(`create database ${TEMPLATE}`);
    const place = { home: tmpdir(), databaseUrl: server.urlOf(TEMPLATE) };
    await (await openStore(await openDatabase(place))).close();
  };
  let template: Promise<void> | undefined;
  return {
    ...server,
    create: async (name) => {
      template ??= prepare();
      await template;
      const known = await ask(`select 1 from pg_database where datname = '${name}'`);
      if (known.length === 0) await ask(`create database ${name} template ${TEMPLATE}`);
      return server.urlOf(name);
    },
    drop: async (name) => {
      await ask(`drop database if exists ${name} with (force)`);
    },
  };
}

let shared: Promise<TestPostgres> | undefined;
let removed = false;

/** The one server of this mocha process; it is started when it is first asked for. */
function sharedPostgres(): Promise<TestPostgres> {
  if (removed) throw new Error('the suite is over, and its PostgreSQL gone');
  shared ??= testPostgres();
  return shared;
}

export async function removeSharedPostgres(): Promise<void> {
  removed = true;
  await (await shared)?.remove();
}

/** Databases of the shared server: by the folder that each belongs to now, and emptied ones for the next folder. */
const taken = new Map<string, string>();
const free: string[] = [];
let made = 0;

/**
 * The address of the database that belongs to a folder of a test, with the schema and nothing else at first. A process
 * that a test has started is told its address.
 */
export async function databaseOfFolder(folder: string): Promise<string> {
  const told = process.env.GANTRY_TEST_DATABASE_URL;
  if (told !== undefined) return told;
  const server = await sharedPostgres();
  const name = taken.get(folder) ?? free.pop() ?? `test_${++made}`;
  taken.set(folder, name);
  return server.create(name);
}

/** Emptying one takes a tenth of what making one does. One whose schema a test has changed goes. */
export async function giveBackDatabaseOf(folder: string): Promise<void> {
  const name = taken.get(folder);
  if (name === undefined) return;
  taken.delete(folder);
  const server = await sharedPostgres();
  const [found] = await askPostgres(server.urlOf(name), 'select version from schema_version');
  if ((found as { version?: number } | undefined)?.version !== migrations.length) return server.drop(name);
  await askPostgres(server.urlOf(name), EMPTY);
  free.push(name);
}

/** As a replica neither keys nor triggers speak: rows go in any order. */
const EMPTY = `set session_replication_role = replica;
  alter table audit enable trigger user;
  do $$ declare each record; begin
    for each in select tablename as name from pg_tables where schemaname = 'public' and tablename != 'schema_version' loop
      execute format('delete from %I', each.name);
    end loop;
    for each in select sequencename as name from pg_sequences where schemaname = 'public' loop
      execute format('alter sequence %I restart', each.name);
    end loop;
  end $$`;
