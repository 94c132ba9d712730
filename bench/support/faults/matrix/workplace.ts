import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createEngine, type Engine } from '../../../../engine/engine';
import { connectBell } from '../../../../engine/queue/bell';
import { localExchange } from '../../../../engine/queue/local-exchange';
import { fileBytes } from '../../../../engine/store/bytes';
import { fileLogs } from '../../../../engine/store/logs';
import { openSqlite } from '../../../../engine/store/sqlite';
import { openStore } from '../../../../engine/store/store';

const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A data folder with the engine's verbs at hand, as web has them. Others may be at work in it at the same time. */
export interface Workplace {
  home: string;
  engine: Engine;
  /** As if the leases of those who are dead had run out. */
  expireLeases(): Promise<void>;
  close(): Promise<void>;
}

export async function openWorkplace(home: string, redisUrl: string): Promise<Workplace> {
  mkdirSync(home, { recursive: true });
  const store = await openStore(openSqlite(join(home, 'gantry.db')));
  const bell = connectBell(redisUrl, QUIET);
  const engine = createEngine({
    store,
    bell,
    exchange: localExchange(),
    bytes: fileBytes(join(home, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(home, 'logs')),
    clock: { now: Date.now },
    random: { bytes: randomBytes },
    probe: () => undefined,
    log: QUIET,
    domain: 'localhost',
  });
  return {
    home,
    engine,
    expireLeases: async () => {
      await store.write((tx) => sql`update steps set lease_until = 1 where state = 'running'`.execute(tx));
    },
    close: async () => {
      await bell.close();
      await store.close();
    },
  };
}
