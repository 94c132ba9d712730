import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createEngine } from '../engine/engine';
import { processLog } from '../engine/logs/process-log';
import { GantryError, messageOf } from '../engine/model/errors';
import { connectBell } from '../engine/queue/bell';
import { connectExchange } from '../engine/queue/redis-exchange';
import { fileBytes } from '../engine/store/bytes';
import { installationId } from '../engine/store/installation';
import { openVault } from '../engine/store/key-file';
import { fileLogs } from '../engine/store/logs';
import { openDatabase } from '../engine/store/open';
import { openStore } from '../engine/store/store';
import { webSettings } from '../settings';
import { startWeb } from './start';

/** The composition root of web: settings in, parts together, listen, and stop in order when told to. */
async function main(): Promise<void> {
  const settings = webSettings();
  const log = processLog(settings.logLevel, 'web');
  await mkdir(join(settings.home, 'run'), { recursive: true, mode: 0o700 });
  const store = await openStore(await openDatabase(settings, fail));
  const bell = connectBell(settings.redisUrl, log);
  const exchange = connectExchange(settings.redisUrl, log);
  const engine = createEngine({
    store,
    bell,
    exchange,
    bytes: fileBytes(join(settings.home, 'artifacts'), () => randomBytes(8).toString('hex')),
    logs: fileLogs(join(settings.home, 'logs')),
    clock: { now: Date.now },
    random: { bytes: randomBytes },
    probe: () => undefined,
    log,
    vault: await openVault({ store, random: { bytes: randomBytes }, log }, settings.keyFile),
    domain: settings.domain,
    limits: settings.limits,
  });
  const web = await startWeb(engine, log, settings, await installationId(store, { bytes: randomBytes }));
  const first = await engine.users.first('owner');
  // The only time that it can be seen: what is stored is its hash.
  if (first !== undefined) process.stdout.write(`first token: ${first.token}\n`);
  const stateFile = await writeState(settings.home, { pid: process.pid, url: web.url, port: web.port });
  log.info({ url: web.url, version: settings.version }, 'web listens');

  const stop = async (signal: string) => {
    log.info({ signal }, 'web stops: no new requests, the ones begun may finish');
    await web.stop();
    await exchange.close();
    await bell.close();
    await store.close();
    await rm(stateFile, { force: true });
    log.info({}, 'web has stopped');
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      stop(signal).then(
        () => process.exit(0),
        (error) => fail(error),
      );
    });
  }
}

/** One for each web of the folder; readers see the whole file or none. */
async function writeState(home: string, state: object): Promise<string> {
  const file = join(home, 'run', `web-${process.pid}.json`);
  await writeFile(`${file}.${process.pid}`, `${JSON.stringify(state)}\n`, { mode: 0o600 });
  await rename(`${file}.${process.pid}`, file);
  return file;
}

function fail(error: unknown): never {
  const next = error instanceof GantryError ? error.next : '';
  process.stderr.write(`gantry web: ${[messageOf(error), next].filter(Boolean).join('; ')}\n`);
  process.exit(1);
}

main().catch(fail);
