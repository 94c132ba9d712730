import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Verdict, type VerifyAsked, verifyAudit } from '../../engine/audit/verify';
import { verifyExport } from '../../engine/audit/verify-export';
import { GantryError, messageOf } from '../../engine/model/errors';
import { anchorFile } from '../../engine/store/anchor-file';
import { openReadOnly } from '../../engine/store/read-only';
import { type Db, storeOf } from '../../engine/store/store';
import type { RunnerSettings } from '../../settings';
import { demandDatabase, openRecords } from './data';
import type { UpkeepWords } from './words';

/** How every SQLite file begins. */
const SQLITE = 'SQLite format 3\0';

/**
 * `upkeep audit [FILE] [--app APP] [--anchors FILE]`: checks an export, a database file, or without FILE the database of
 * this Gantry, which need not run. Changes nothing. The anchors of the settings count for that database only.
 */
export async function audit(settings: RunnerSettings, { file, app, anchors }: UpkeepWords): Promise<Verdict> {
  const asked = app === undefined ? {} : { chain: app };
  const named = anchors === undefined ? {} : { anchors: anchorFile(anchors) };
  if (file === '')
    return verifyIn(await ownDatabase(settings), { anchors: anchorFile(settings.anchors), ...named, ...asked });
  if ((await beginningOf(file)) === SQLITE) return verifyIn(openReadOnly(file), { ...named, ...asked });
  return verifyExport(linesOf(file), named.anchors, app);
}

async function ownDatabase(settings: RunnerSettings): Promise<Db> {
  return settings.databaseUrl === undefined ? openReadOnly(demandDatabase(settings.home)) : openRecords(settings);
}

async function verifyIn(db: Db, asked: VerifyAsked): Promise<Verdict> {
  const store = storeOf(db);
  try {
    return await verifyAudit({ store }, asked);
  } finally {
    await store.close();
  }
}

async function beginningOf(file: string): Promise<string> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(SQLITE.length), 0, SQLITE.length, 0);
      return buffer.toString('latin1', 0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new GantryError(
      'not-found',
      'file-unreadable',
      `${file} cannot be read: ${messageOf(error)}`,
      'name another file',
      {
        cause: error,
      },
    );
  }
}

/** Byte by byte as it stands: text that is no UTF-8 must not become the same as text that is. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    let bytes = Buffer.concat([rest, piece]);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10)) {
      yield bytes.subarray(0, at);
      bytes = bytes.subarray(at + 1);
    }
    rest = bytes;
  }
  if (rest.length > 0) yield rest;
}
