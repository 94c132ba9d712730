import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { EngineParts } from '../../../../engine/parts';
import { connectBell } from '../../../../engine/queue/bell';
import { localExchange } from '../../../../engine/queue/local-exchange';
import { fileBytes } from '../../../../engine/store/bytes';
import { openVault } from '../../../../engine/store/key-file';
import { fileLogs } from '../../../../engine/store/logs';
import type { Store } from '../../../../engine/store/store';

export const QUIET = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** The parts of an engine that works in a data folder, as web has them; it says nothing. */
export async function partsIn(home: string, store: Store, redisUrl: string): Promise<EngineParts> {
  const random = { bytes: randomBytes };
  return {
    store,
    bell: connectBell(redisUrl, QUIET),
    exchange: localExchange(),
    bytes: fileBytes(join(home, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(home, 'logs')),
    clock: { now: Date.now },
    random,
    probe: () => undefined,
    log: QUIET,
    vault: await openVault({ store, random, log: QUIET }, join(home, 'secret.key')),
    domain: 'localhost',
  };
}
