import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine, type Engine } from '../../engine/engine';
import type { EngineParts } from '../../engine/parts';
import { silentBell } from '../../engine/queue/bell';
import { localExchange } from '../../engine/queue/local-exchange';
import { fileBytes } from '../../engine/store/bytes';
import { fileLogs } from '../../engine/store/logs';
import { openSqlite } from '../../engine/store/sqlite';
import { openStore } from '../../engine/store/store';

export interface TestEngine {
  engine: Engine;
  folder: string;
  close(): Promise<void>;
}

/** A real engine on a real database file in a folder of its own; nobody rings, nothing is logged. */
export async function makeEngine(change: Partial<EngineParts> = {}): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'gantry-test-'));
  const { engine, close } = await makeEngineIn(folder, change);
  return {
    engine,
    folder,
    close: async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same on a folder that is there; closing it leaves the folder. */
export async function makeEngineIn(
  folder: string,
  change: Partial<EngineParts> = {},
): Promise<Omit<TestEngine, 'folder'>> {
  const store = await openStore(openSqlite(join(folder, 'gantry.db')));
  const engine = createEngine({
    store,
    bell: silentBell(),
    exchange: localExchange(),
    bytes: fileBytes(join(folder, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(folder, 'logs')),
    clock: { now: Date.now },
    random: { bytes: randomBytes },
    probe: () => undefined,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    domain: 'localhost',
    ...change,
  });
  return { engine, close: () => store.close() };
}
