import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createEngine, type Engine } from '../../../../engine/engine';
import { openSqlite } from '../../../../engine/store/sqlite';
import { openStore } from '../../../../engine/store/store';
import { partsIn } from './parts';

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
  const parts = await partsIn(home, store, redisUrl);
  return {
    home,
    engine: createEngine(parts),
    expireLeases: async () => {
      await store.write((tx) => sql`update steps set lease_until = 1 where state = 'running'`.execute(tx));
    },
    close: async () => {
      await parts.bell.close();
      await store.close();
    },
  };
}
