import { randomBytes } from 'node:crypto';
import { createEngine, type Engine } from '../../engine/engine';
import { silentBell } from '../../engine/queue/bell';
import { localExchange } from '../../engine/queue/local-exchange';
import { installationId } from '../../engine/store/installation';
import { openVault } from '../../engine/store/key-file';
import { fileLogs } from '../../engine/store/logs';
import { openStore } from '../../engine/store/store';
import type { RunnerSettings } from '../../settings';
import { makeWorld } from '../make-world';
import type { World } from '../world';
import { bytesOf, logsOf, openRecords } from './data';

/** Works on the database with everything that a runner has, but the bell. The schema is brought up to date. */
export async function withWorld<T>(
  settings: RunnerSettings,
  work: (engine: Engine, world: World) => Promise<T>,
): Promise<T> {
  const store = await openStore(await openRecords(settings));
  const bytes = bytesOf(settings.home, 'artifacts');
  const kept = bytesOf(settings.home, 'images');
  const random = { bytes: randomBytes };
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const engine = createEngine({
    store,
    bytes,
    random,
    bell: silentBell(),
    exchange: localExchange(),
    logs: fileLogs(logsOf(settings.home)),
    clock: { now: Date.now },
    probe: () => undefined,
    log,
    vault: await openVault({ store, random, log }, settings.keyFile),
    domain: settings.domain,
  });
  try {
    return await work(engine, makeWorld(settings, await installationId(store, random), { bytes, kept }));
  } finally {
    await store.close();
  }
}
