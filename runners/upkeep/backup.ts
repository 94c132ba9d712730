import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { GantryError } from '../../engine/model/errors';
import { type BackedUpBytes, type BackupContent, backUpDatabase } from '../../engine/store/backup';
import { statOf } from '../../engine/store/folders';
import type { RunnerSettings } from '../../settings';
import { bytesOf, demandDatabase, logsOf, openRecords, STORES } from './data';
import { bundleRepositories } from './repositories';
import type { UpkeepWords } from './words';

/**
 * `upkeep backup FILE [--bytes FOLDER]`: the records as one file, while Gantry works. With a folder also what the
 * records point to: artifacts (each checked by its sha256 on the way), repositories, logs; what is there already is
 * not copied again, so that one folder serves many backups.
 */
export async function backUp(settings: RunnerSettings, { file, bytes: folder }: UpkeepWords): Promise<object> {
  const { home, version } = settings;
  if (existsSync(file)) {
    throw new GantryError('conflict', 'file-exists', `${file} is there already`, 'name a new file for this backup');
  }
  const made = await copyRecords(settings, file, { version, madeAt: Date.now() });
  const { bytes, ...facts } = made;
  const total = { count: bytes.length, size: bytes.reduce((sum, { size }) => sum + size, 0) };
  if (folder === undefined) return { file, ...facts, bytes: total };
  const copied = await copyBytes(home, folder, bytes);
  const repositories = await bundleRepositories(settings, folder);
  await copyLogs(logsOf(home), logsOf(folder));
  return { file, ...facts, bytes: total, folder, copied: copied.length, repositories: repositories.length };
}

async function copyRecords(
  settings: RunnerSettings,
  file: string,
  about: { version: string; madeAt: number },
): Promise<BackupContent> {
  const { home, databaseUrl } = settings;
  if (databaseUrl === undefined) return backUpDatabase(demandDatabase(home), file, about, () => listAll(home));
  const db = await openRecords(settings);
  try {
    return await backUpDatabase(db, file, about, () => listAll(home));
  } finally {
    await db.destroy();
  }
}

async function listAll(home: string): Promise<BackedUpBytes[]> {
  const all: BackedUpBytes[] = [];
  for (const store of STORES) {
    for await (const { digest, size } of bytesOf(home, store).list()) all.push({ store, digest, size });
  }
  return all;
}

/** Copies what is not there yet, hashed on the way. @returns what was copied */
export async function copyBytes(from: string, to: string, wanted: readonly BackedUpBytes[]): Promise<BackedUpBytes[]> {
  const copied: BackedUpBytes[] = [];
  for (const one of wanted) {
    const { store, digest, size } = one;
    const source = bytesOf(from, store);
    const target = bytesOf(to, store);
    // Not in the source: collected since the list was made, or left out of the folder that goes with the backup.
    if ((await target.has(digest)) || !(await source.has(digest))) continue;
    await target.put(source.read(digest), size);
    copied.push(one);
  }
  return copied;
}

/**
 * Logs only grow: a copy of the same length is the same log, and a longer one knows more. What is held back of a log at
 * its limit comes and goes beside it (log-rest.ts), and is copied once it stands in the log.
 */
export async function copyLogs(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  await cp(from, to, {
    recursive: true,
    preserveTimestamps: true,
    filter: async (source, target) => {
      const here = await statOf(source);
      if (here === undefined || here.isDirectory()) return here !== undefined;
      return source.endsWith('.log') && ((await statOf(target))?.size ?? -1) < here.size;
    },
  });
}
