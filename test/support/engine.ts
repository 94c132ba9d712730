import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Context } from 'mocha';
import { createEngine, type Engine } from '../../engine/engine';
import type { EngineParts } from '../../engine/parts';
import { silentBell } from '../../engine/queue/bell';
import { localExchange } from '../../engine/queue/local-exchange';
import { fileBytes } from '../../engine/store/bytes';
import { fileLogs } from '../../engine/store/logs';
import { openDatabase } from '../../engine/store/open';
import { openStore, type Store } from '../../engine/store/store';
import { databaseOfFolder, giveBackDatabaseOf } from './postgres';
import { skipBecause } from './skips';
import { testVault } from './vault';

/** `./gantry test --database postgres`: the same suite on the other database. */
export const onPostgres = process.env.GANTRY_TEST_DATABASE === 'postgres';

/** What a process of a test's own needs to work on the records of a folder. */
export async function databaseEnvironment(folder: string): Promise<NodeJS.ProcessEnv> {
  return onPostgres ? { GANTRY_TEST_DATABASE_URL: await databaseOfFolder(folder) } : {};
}

/** Skips the running test, or from a `before` hook its suite, when the suite runs on PostgreSQL. */
export function onSqliteOnly(context: Context, because: string): void {
  if (onPostgres) skipBecause(context, `only on SQLite: ${because}`);
}

export interface TestEngine {
  engine: Engine;
  folder: string;
  close(): Promise<void>;
}

/** A real engine on a real database of its own, and a folder; nobody rings, nothing is logged. */
export async function makeEngine(change: Partial<EngineParts> = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const { engine, close } = await makeEngineIn(folder, change);
  return {
    engine,
    folder,
    close: async () => {
      await close();
      if (onPostgres) await giveBackDatabaseOf(folder);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same on a folder that is there; closing it leaves the folder. */
export async function makeEngineIn(
  folder: string,
  change: Partial<EngineParts> = {},
): Promise<Omit<TestEngine, 'folder'>> {
  const databaseUrl = onPostgres ? await databaseOfFolder(folder) : undefined;
  const store = await openStore(await openDatabase({ home: folder, databaseUrl }));
  const engine = createEngine({ ...partsOn(store, folder), ...change });
  return { engine, close: () => store.close() };
}

/** The parts of an engine on a store, with its bytes and logs in a folder. */
export function partsOn(store: Store, folder: string): EngineParts {
  return {
    store,
    bell: silentBell(),
    exchange: localExchange(),
    bytes: fileBytes(join(folder, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(folder, 'logs')),
    clock: { now: Date.now },
    random: { bytes: randomBytes },
    probe: () => undefined,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    vault: testVault(),
    domain: 'localhost',
  };
}
