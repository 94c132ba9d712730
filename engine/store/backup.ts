import { closeSync, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { GantryError, messageOf } from '../model/errors';
import { copyToFile } from './copy-rows';
import { syncPath } from './folders';
import { type Db, newerSchema } from './store';

/** The format of backup files; a reader refuses a newer one. */
const FORMAT = 1;
/** More pages than any database has: the copy is one read transaction, which a busy writer cannot make begin again. */
const ALL_PAGES = 0x7fff_ffff;
const PRIVATE = 0o600;

export interface BackedUpBytes {
  /** Folder of the store: `artifacts`. */
  store: string;
  digest: string;
  size: number;
}

/** What a backup says about itself. */
export interface BackupFacts {
  installation: string;
  /** Of the Gantry that made it. */
  version: string;
  schema: number;
  madeAt: number;
}

export type BackupContent = BackupFacts & { bytes: BackedUpBytes[] };

/**
 * Copies a database while others write to it, and notes in the copy which bytes belong to it. The copy is one SQLite
 * file, whole or not there, checked, and only its owner's: it holds what the database holds, tokens of forges included.
 * What registries were given for one pull is left out: it is good for an hour, and a backup lasts.
 * @param from an SQLite file, or a PostgreSQL
 * @param list called when the rows are copied: bytes are stored before the row that names them, so nothing is missed
 */
export async function backUpDatabase(
  from: string | Db,
  to: string,
  about: Pick<BackupFacts, 'version' | 'madeAt'>,
  list: () => Promise<BackedUpBytes[]>,
): Promise<BackupContent> {
  const fresh = `${to}.new`;
  await rm(fresh, { force: true });
  closeSync(openSync(fresh, 'w', PRIVATE));
  try {
    await (typeof from === 'string' ? copyFile(from, fresh) : copyToFile(from, fresh));
    const bytes = await list();
    const facts = describe(fresh, about, bytes);
    await syncPath(fresh);
    await rename(fresh, to);
    await syncPath(dirname(to));
    return { ...facts, bytes };
  } catch (error) {
    await rm(fresh, { force: true });
    if (error instanceof GantryError) throw error;
    throw new GantryError(
      'unavailable',
      'backup-failed',
      `${typeof from === 'string' ? from : 'the database'} could not be copied to ${to}: ${messageOf(error)}`,
      'look at free space and rights there, then try again',
      { cause: error },
    );
  }
}

async function copyFile(from: string, to: string): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true });
  try {
    await source.backup(to, { progress: () => ALL_PAGES });
  } finally {
    source.close();
  }
}

/**
 * Reads what a backup says about itself, and checks every page of it.
 * @param known the newest schema that this binary reads
 * @throws GantryError `backup-unusable`, `schema-newer`
 */
export function readBackup(file: string, known: number): BackupContent {
  const database = openBackup(file);
  try {
    const row = database.prepare('select * from backup').get() as BackupRow | undefined;
    if (row === undefined || row.format > FORMAT) throw unusable(file, `its format is ${row?.format ?? 'none'}`);
    if (row.schema > known) throw newerSchema(row.schema, known);
    demandWhole(database, file);
    const bytes = database.prepare('select store, digest, size from backup_bytes').all() as BackedUpBytes[];
    const { installation, version, schema, made_at: madeAt } = row;
    return { installation, version, schema, madeAt, bytes };
  } catch (error) {
    throw error instanceof GantryError ? error : unusable(file, messageOf(error), error);
  } finally {
    database.close();
  }
}

/** Turns a copy of a backup into a database again, in place. */
export async function takeOutOfBackup(file: string): Promise<void> {
  const database = new Database(file, { fileMustExist: true });
  try {
    database.exec('drop table backup; drop table backup_bytes');
    database.pragma('journal_mode = WAL');
  } finally {
    database.close();
  }
  await syncPath(file);
}

interface BackupRow {
  format: number;
  installation: string;
  version: string;
  schema: number;
  made_at: number;
}

function describe(
  file: string,
  about: Pick<BackupFacts, 'version' | 'madeAt'>,
  bytes: readonly BackedUpBytes[],
): BackupFacts {
  const database = new Database(file);
  try {
    // One file: the copy has the source's write-ahead log switched on, and would grow side files of its own.
    database.pragma('journal_mode = DELETE');
    demandWhole(database, file);
    leaveOutCredentials(database);
    const facts = {
      installation: valueIn(database, `select value from meta where key = 'installation'`, ''),
      schema: valueIn(database, 'select version from schema_version', 0),
      ...about,
    };
    database.exec(`create table backup (format integer not null, installation text not null, version text not null,
        schema integer not null, made_at integer not null);
      create table backup_bytes (store text not null, digest text not null, size integer not null,
        primary key (store, digest))`);
    const { installation, version, schema, madeAt } = facts;
    database.prepare('insert into backup values (?, ?, ?, ?, ?)').run(FORMAT, installation, version, schema, madeAt);
    const note = database.prepare('insert into backup_bytes values (?, ?, ?)');
    database.transaction(() => {
      for (const { store, digest, size } of bytes) note.run(store, digest, size);
    })();
    return facts;
  } finally {
    database.close();
  }
}

/** Not only the rows: nothing of them stays in the pages. */
function leaveOutCredentials(database: Database.Database): void {
  const there = valueIn(database, `select 1 from sqlite_master where name = 'registry_credentials'`, 0);
  if (there === 0) return; // an older Gantry's
  database.pragma('secure_delete = ON');
  database.exec('delete from registry_credentials');
}

function openBackup(file: string): Database.Database {
  try {
    return new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw unusable(file, messageOf(error), error);
  }
}

/** Unlike the look at each start, also at what indexes say, however long it takes. */
function demandWhole(database: Database.Database, file: string): void {
  const found = database.pragma('integrity_check', { simple: true });
  if (found !== 'ok') throw unusable(file, `its pages are damaged: ${String(found).slice(0, 200)}`);
}

function valueIn<T>(database: Database.Database, text: string, none: T): T {
  const value = database.prepare(text).pluck().get() as T | undefined;
  return value ?? none;
}

const unusable = (file: string, why: string, cause?: unknown): GantryError =>
  new GantryError(
    'invalid',
    'backup-unusable',
    `${file} is no backup that can be used: ${why}`,
    'name a file that "gantry backup" wrote',
    { cause },
  );
