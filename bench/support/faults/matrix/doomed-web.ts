/** A web that kills itself at one moment of one request: `DOOM` as JSON, or nothing for one that lives. */
import { ServerResponse } from 'node:http';
import { sql } from 'kysely';
import { createEngine } from '../../../../engine/engine';
import type { EngineParts } from '../../../../engine/parts';
import { installationId } from '../../../../engine/store/installation';
import { openDatabase } from '../../../../engine/store/open';
import { openStore, type Reader } from '../../../../engine/store/store';
import { webSettings } from '../../../../settings';
import { startWeb } from '../../../../web/start';
import { die, type WebDoom } from './doom';
import { partsIn, QUIET } from './parts';

async function main(): Promise<void> {
  const settings = webSettings();
  const store = await openStore(await openDatabase(settings));
  const parts = { ...(await partsIn(settings.home, store, settings.redisUrl)), domain: settings.domain };
  const [text] = process.argv.slice(2);
  const engine = createEngine(text === undefined ? parts : await doomed(parts, JSON.parse(text) as WebDoom));
  await startWeb(engine, QUIET, settings, await installationId(store, parts.random));
  process.once('SIGTERM', () => process.exit(0));
}

/** It dies when the count has changed: in the transaction, after it, or when the request is to be answered. */
async function doomed(parts: EngineParts, { moment, count }: WebDoom): Promise<EngineParts> {
  const { store } = parts;
  const countIn = async (db: Reader): Promise<number> => {
    const found = await sql.raw<{ n: number }>(count).execute(db);
    return Number(found.rows[0]?.n);
  };
  const first = await countIn(store.read);
  let written = false;
  const write: typeof store.write = async (work) => {
    let here = false;
    const done = await store.write(async (tx) => {
      const made = await work(tx);
      here = (await countIn(tx)) !== first;
      if (here && moment === 'before commit') die();
      return made;
    });
    if (here && moment === 'after commit') die();
    written ||= here;
    return done;
  };
  if (moment === 'before the answer') dieInsteadOfAnswering(() => written);
  return { ...parts, store: { ...store, write } };
}

function dieInsteadOfAnswering(now: () => boolean): void {
  const end = ServerResponse.prototype.end;
  ServerResponse.prototype.end = function (this: ServerResponse, ...words: unknown[]) {
    if (now()) die();
    return end.apply(this, words as Parameters<typeof end>);
  } as typeof end;
}

main().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
