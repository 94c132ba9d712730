import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Engine } from '../engine/engine';
import { messageOf } from '../engine/model/errors';
import type { World } from './world';

/** A part that does not answer within this time is down, ms. */
const LOOK_MS = 2_000;
/** Whoever asks again within this time gets the same answer, ms. */
const FRESH_MS = 1_000;

export interface RunnerHealth {
  readonly port: number;
  /** From now on it is not ready: no new work is taken. */
  drain(): void;
  close(): Promise<void>;
}

interface Readiness {
  ready: boolean;
  checks: Record<'sql' | 'cluster', 'up' | 'down'>;
}

/**
 * `GET /health/live` and `GET /health/ready` of a runner, for whoever watches its process. Nothing else is answered,
 * and nothing is changed by it. Rejects when the address cannot be listened at.
 */
export async function serveHealth(
  engine: Engine,
  world: Pick<World, 'cluster'>,
  { host, port }: { host: string; port: number },
): Promise<RunnerHealth> {
  let draining = false;
  let looking: { at: number; checks: Promise<Readiness['checks']> } | undefined;
  const ready = async (): Promise<Readiness> => {
    const at = performance.now();
    if (looking === undefined || at - looking.at > FRESH_MS) looking = { at, checks: look(engine, world) };
    const checks = await looking.checks;
    return { ready: !draining && Object.values(checks).every((state) => state === 'up'), checks };
  };
  const server = createServer({ headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET' });
    if (request.url === '/health/live') return answer(response, 200, { ok: true });
    if (request.url !== '/health/ready') return answer(response, 404, { error: 'see /health/live, /health/ready' });
    void ready().then((found) => answer(response, found.ready ? 200 : 503, found));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    drain: () => {
      draining = true;
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function look(engine: Engine, { cluster }: Pick<World, 'cluster'>): Promise<Readiness['checks']> {
  const check = async (name: string, asked: Promise<unknown>): Promise<'up' | 'down'> => {
    const limit = new AbortController();
    const late = wait(LOOK_MS, 'late', { signal: limit.signal }).catch(() => 'on time');
    try {
      return (await Promise.race([asked, late])) === 'late' ? 'down' : 'up';
    } catch (error) {
      engine.parts.log.info({ part: name, error: messageOf(error) }, 'a part does not answer as it should');
      return 'down';
    } finally {
      limit.abort();
    }
  };
  const [sql, reached] = await Promise.all([
    check('sql', engine.store.proveWritable()),
    check('cluster', cluster.describe()),
  ]);
  return { sql, cluster: reached };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify(body)}\n`);
}
