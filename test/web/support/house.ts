import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../../engine/engine';
import type { EngineParts } from '../../../engine/parts';
import { installationId } from '../../../engine/store/installation';
import type { WebOptions } from '../../../web/parts';
import { startWeb, type Web } from '../../../web/start';
import { makeEngine } from '../../support/engine';
import { demandDescribed } from './described';

export interface House {
  web: Web;
  engine: Engine;
  home: string;
  token: string;
  /**
   * A request to web; `as: 'nobody'` sends no token. Redirects are not followed. An answer of the API that is not as
   * its description promises fails the test.
   */
  ask(path: string, init?: RequestInit & { as?: 'nobody' }): Promise<Response>;
  /** A JSON body by POST. */
  post(path: string, body?: unknown): Promise<Response>;
  json<T = Record<string, unknown>>(path: string): Promise<T>;
  /** Stops web and starts it again on the same data. */
  restart(change?: Partial<WebOptions>): Promise<void>;
  close(): Promise<void>;
}

/** A web process's inside, on a free port, over a real store in a folder of its own. */
export async function makeHouse(change: Partial<EngineParts> = {}, options: Partial<WebOptions> = {}): Promise<House> {
  const { engine, folder, close } = await makeEngine(change);
  await mkdir(join(folder, 'run'), { recursive: true });
  const { token = '' } = (await engine.users.first('owner')) ?? {};
  const installation = await installationId(engine.parts.store, { bytes: randomBytes });
  const start = (change = {}) => startHouseWeb(engine, folder, installation, { ...options, ...change });
  const ask: House['ask'] = async (path, init = {}) => {
    const { as, headers, ...rest } = init;
    const authorization: Record<string, string> = as === 'nobody' ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${house.web.url}${path}`, {
      redirect: 'manual',
      ...rest,
      headers: { ...authorization, ...(headers as Record<string, string>) },
    });
    await demandDescribed(rest.method ?? 'GET', path, answer);
    return answer;
  };
  const house: House = {
    web: await start(),
    engine,
    home: folder,
    token,
    ask,
    post: (path, body) =>
      ask(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    json: async <T>(path: string) => (await (await ask(path)).json()) as T,
    restart: async (change) => {
      await house.web.stop();
      house.web = await start(change);
    },
    close: async () => {
      await house.web.stop();
      await close();
    },
  };
  return house;
}

/** Web over this engine, on a free port. */
export function startHouseWeb(
  engine: Engine,
  home: string,
  installation: string,
  options: Partial<WebOptions> = {},
): Promise<Web> {
  const usual: WebOptions = {
    home,
    root: join(__dirname, '..', '..', '..'),
    version: '9.8.7',
    listen: { host: '127.0.0.1', port: 0 },
    gateway: { host: '127.0.0.1', port: 8080 },
    domain: 'localhost',
    programs: process.env.PATH ?? '',
    anchors: join(home, 'anchors', 'heads.jsonl'),
  };
  return startWeb(engine, engine.parts.log, { ...usual, ...options }, installation);
}
