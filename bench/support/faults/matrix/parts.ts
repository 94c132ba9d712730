import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { EngineParts } from '../../../../engine/parts';
import { connectBell } from '../../../../engine/queue/bell';
import { localExchange } from '../../../../engine/queue/local-exchange';
import { fileBytes } from '../../../../engine/store/bytes';
import { fileLogs } from '../../../../engine/store/logs';
import type { Store } from '../../../../engine/store/store';
import { testVault } from '../../../../test/support/vault';

export const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The parts of an engine that works in a data folder, as web has them; it says nothing. */
export function partsIn(home: string, store: Store, redisUrl: string): EngineParts {
  return {
    store,
    bell: connectBell(redisUrl, QUIET),
    exchange: localExchange(),
    bytes: fileBytes(join(home, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(home, 'logs')),
    clock: { now: Date.now },
    random: { bytes: randomBytes },
    probe: () => undefined,
    log: QUIET,
    vault: testVault(),
    domain: 'localhost',
  };
}
