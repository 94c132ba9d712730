import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine, type Engine } from '../engine/engine';
import { processLog } from '../engine/logs/process-log';
import { type GantryError, messageOf } from '../engine/model/errors';
import type { EngineParts } from '../engine/parts';
import { connectBell } from '../engine/queue/bell';
import { connectExchange } from '../engine/queue/redis-exchange';
import { fileBytes } from '../engine/store/bytes';
import { installationId } from '../engine/store/installation';
import { openVault } from '../engine/store/key-file';
import { fileLogs, logLimits } from '../engine/store/logs';
import { openDatabase } from '../engine/store/open';
import { openStore } from '../engine/store/store';
import type { RunnerSettings } from '../settings';
import { announce } from './control/announce';
import { hearHints } from './control/hear-hints';
import { startLoops } from './control/loops';
import { serveHealth } from './health';
import { makeTelling } from './make-telling';
import { makeWorld } from './make-world';
import { pagedRandom } from './random';
import { startSessions } from './sessions/sessions';
import { stepKinds } from './steps/kinds';
import { startWorker } from './worker/worker';

/** How long running steps get to be given back when the runner is told to stop, ms. */
const DRAIN_LIMIT_MS = 15_000;

/**
 * The composition root of a runner: settings in, parts together, work until told to stop.
 * @param change puts something between the engine and its parts: for mains that die at a chosen moment
 */
export async function runMain(
  settings: RunnerSettings,
  change: (parts: EngineParts) => EngineParts = (parts) => parts,
): Promise<number> {
  const log = processLog(settings.logLevel, 'runner');
  await mkdir(join(settings.home, 'run'), { recursive: true, mode: 0o700 });
  const store = await openStore(await openDatabase(settings, endAtOnce));
  const random = pagedRandom();
  const bytesIn = (folder: string) => fileBytes(join(settings.home, folder), () => randomBytes(8).toString('hex'));
  const bytes = bytesIn('artifacts');
  const bell = connectBell(settings.redisUrl, log);
  const exchange = connectExchange(settings.redisUrl, log);
  const parts = change({
    store,
    bell,
    exchange,
    bytes,
    logs: fileLogs(join(settings.home, 'logs'), logLimits(settings.logLimitMib)),
    clock: { now: Date.now },
    random,
    probe: () => undefined,
    log,
    vault: await openVault({ store, random, log }, settings.keyFile),
    domain: settings.domain,
  });
  const engine: Engine = createEngine(parts);
  const world = makeWorld(settings, await installationId(store, random), { bytes, kept: bytesIn('images') });
  const owner = `${process.pid}-${randomBytes(3).toString('hex')}`;
  const kinds = stepKinds(world);
  const { concurrency, pools } = settings;
  const worker = startWorker(engine, kinds, { owner, concurrency, pools });
  await bell.listen(hearHints(engine, worker));
  const sessions = startSessions(engine, world, owner);
  const reach = { cluster: world.cluster.name, pools, kinds: [...kinds.keys()] };
  const leave = announce(engine, { owner, places: concurrency, ...reach });
  const telling = makeTelling(settings);
  const stopLoops = startLoops(engine, world, owner, { policy: settings.retention, reach, telling });
  const health = settings.health === undefined ? undefined : await serveHealth(engine, world, settings.health);
  const stateFile = await writeState(settings.home);
  log.info({ owner, dummy: settings.dummy, version: settings.version }, 'runner works');

  const signal = await told();
  log.info({ signal, running: worker.running() }, 'runner stops: running steps are given back');
  health?.drain();
  await Promise.all([worker.drain(DRAIN_LIMIT_MS), sessions.stop()]);
  await stopLoops();
  await telling.outgoing.close();
  await leave();
  await health?.close();
  await exchange.close();
  await bell.close();
  await store.close();
  await rm(stateFile, { force: true });
  log.info({}, 'runner has stopped');
  // Open keep-alive connections to Docker must not keep the process.
  setImmediate(() => process.exit(0));
  return 0;
}

/** The disk failed under the records: nothing is given back or stored any more; the next life checks them first. */
function endAtOnce({ message, next }: GantryError): never {
  process.stderr.write(`gantry runner: ${message}; ${next}\n`);
  process.exit(1);
}

function told(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal));
    process.on('unhandledRejection', (error) => {
      process.stderr.write(`gantry runner: ${messageOf(error)}\n`);
      process.exit(1);
    });
  });
}

/** `run/runner-<pid>.json`: readers see a whole file or none. */
async function writeState(home: string): Promise<string> {
  const file = join(home, 'run', `runner-${process.pid}.json`);
  await writeFile(`${file}.new`, `${JSON.stringify({ pid: process.pid })}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return file;
}
