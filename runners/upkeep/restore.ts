import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hold, liftHold } from '../../engine/control/hold';
import { GantryError } from '../../engine/model/errors';
import { type BackupContent, readBackup, takeOutOfBackup } from '../../engine/store/backup';
import { copyFromFile } from '../../engine/store/copy-rows';
import { migrations } from '../../engine/store/migrations';
import { openDatabase } from '../../engine/store/open';
import { openSqlite } from '../../engine/store/sqlite';
import { storeOf } from '../../engine/store/store';
import type { RunnerSettings } from '../../settings';
import { copyBytes, copyLogs } from './backup';
import { lookAround } from './confirm';
import { bytesOf, databaseOf, hasRecords, logsOf, repositoriesOf } from './data';
import { unbundleRepositories } from './repositories';
import { withWorld } from './with-world';
import type { UpkeepWords } from './words';

/** SQLite's own files beside the database. */
const SIDE_FILES = ['', '-wal', '-shm'];

/**
 * `upkeep restore FILE [--bytes FOLDER] [--replace]`: the records as they were, held until somebody confirms them.
 * What was there before is moved aside, never deleted. The caller has made sure that no Gantry runs on the folder.
 */
export async function restore(settings: RunnerSettings, words: UpkeepWords): Promise<object> {
  const { home, databaseUrl } = settings;
  const backup = readBackup(words.file, migrations.length);
  if (!words.replace && (await hasRecords(settings))) {
    throw new GantryError(
      'conflict',
      'data-exists',
      `${databaseUrl === undefined ? home : 'the database'} has records already`,
      'move them aside and go on: --replace; or restore elsewhere: GANTRY_HOME, GANTRY_DATABASE_URL',
    );
  }
  const fresh = await unpack(home, words.file, backup);
  const aside = await putInPlace(settings, fresh, words.bytes !== undefined);
  const bytes = await bringBytes(home, words.bytes, backup);
  const repositories = words.bytes === undefined ? [] : await unbundleRepositories(settings, words.bytes);
  if (words.bytes !== undefined) await copyLogs(logsOf(words.bytes), logsOf(home));
  const { bytes: _list, ...facts } = backup;
  const found = await withWorld(settings, lookAround);
  return { ...facts, aside: aside ?? null, bytes, repositories: repositories.length, ...found };
}

/**
 * `upkeep put-back FILE`: the records of a moment ago, after an upgrade that did not work. Nothing else has acted on them
 * since, so there is nothing to confirm.
 */
export async function putBack(settings: RunnerSettings, { file }: UpkeepWords): Promise<object> {
  readBackup(file, migrations.length);
  const fresh = await takeOut(settings.home, file);
  const store = storeOf(openSqlite(fresh));
  await liftHold({ store }, 'upgrade');
  await store.close();
  const aside = await putInPlace(settings, fresh, false);
  return { aside: aside ?? null };
}

/**
 * Makes a database file the records of this Gantry. What was there is moved aside: files into a folder, the tables of a
 * PostgreSQL into a schema.
 * @returns where that is; undefined when nothing was there
 */
async function putInPlace(
  settings: RunnerSettings,
  fresh: string,
  withRepositories: boolean,
): Promise<string | undefined> {
  const { home, databaseUrl } = settings;
  const repositories = withRepositories ? [repositoriesOf(home)] : [];
  if (databaseUrl !== undefined) {
    const tables = await putIntoServer(settings, fresh);
    const folder = await moveAside(home, repositories);
    return [tables, folder].filter((place) => place !== undefined).join(' and ') || undefined;
  }
  const folder = await moveAside(home, [...SIDE_FILES.map((side) => `${databaseOf(home)}${side}`), ...repositories]);
  await rename(fresh, databaseOf(home));
  return folder;
}

async function putIntoServer(settings: RunnerSettings, fresh: string): Promise<string | undefined> {
  const schema = `aside_${new Date().toISOString().replaceAll(/[^0-9]/g, '')}`;
  const db = await openDatabase(settings);
  try {
    return (await copyFromFile(fresh, db, schema)) ? `schema ${schema} of the database` : undefined;
  } finally {
    await db.destroy();
    for (const side of SIDE_FILES) await rm(`${fresh}${side}`, { force: true });
  }
}

/** The database out of the backup, beside its place, with the hold in it. */
async function unpack(home: string, file: string, backup: BackupContent): Promise<string> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const fresh = await takeOut(home, file);
  const store = storeOf(openSqlite(fresh));
  const since = Date.now();
  const reason = `the records were restored from a backup of ${new Date(backup.madeAt).toISOString()}`;
  await hold({ store }, 'restore', { reason, since, forMs: null });
  await store.close();
  return fresh;
}

/** Nothing that a killed attempt has left lies beside it: SQLite would take a write-ahead log of it for this one's. */
async function takeOut(home: string, file: string): Promise<string> {
  const fresh = `${databaseOf(home)}.restored`;
  for (const side of SIDE_FILES) await rm(`${fresh}${side}`, { force: true });
  await copyFile(file, fresh);
  await takeOutOfBackup(fresh);
  return fresh;
}

/** @returns the folder with what was there; undefined when nothing was */
async function moveAside(home: string, wanted: readonly string[]): Promise<string | undefined> {
  const paths = wanted.filter((path) => existsSync(path));
  if (paths.length === 0) return undefined;
  const folder = join(home, 'aside', new Date().toISOString().replaceAll(':', '-'));
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const path of paths) await rename(path, join(folder, basename(path)));
  return folder;
}

/** Brings the artifacts that are not here, and tells which are nowhere. */
async function bringBytes(
  home: string,
  folder: string | undefined,
  { bytes }: BackupContent,
): Promise<{ listed: number; copied: number; missing: string[] }> {
  const copied = folder === undefined ? [] : await copyBytes(folder, home, bytes);
  const missing: string[] = [];
  for (const { store, digest } of bytes) if (!(await bytesOf(home, store).has(digest))) missing.push(digest);
  return { listed: bytes.length, copied: copied.length, missing };
}
