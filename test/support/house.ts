import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import type { Engine } from '../../engine/engine';
import { isFinalRun } from '../../engine/model/states';
import type { EngineParts } from '../../engine/parts';
import type { RunFound } from '../../engine/runs/find';
import { LEASE_MS } from '../../engine/steps/lease';
import { fileBytes } from '../../engine/store/bytes';
import { fileLogFolders } from '../../engine/store/log-folders';
import { databaseNow } from '../../engine/store/store';
import { dummyAccess } from '../../runners/dummy/access';
import { dummyBelongings } from '../../runners/dummy/belongings';
import { DummyBuilder } from '../../runners/dummy/builder';
import { DummyCluster } from '../../runners/dummy/cluster';
import { DummyGateway } from '../../runners/dummy/gateway';
import { DummyImages } from '../../runners/dummy/images';
import { dummyProber } from '../../runners/dummy/prober';
import { stepKinds } from '../../runners/steps/kinds';
import { startWorker, type Worker } from '../../runners/worker/worker';
import { gitSources } from '../../runners/workspace/sources';
import type { World } from '../../runners/world';
import { makeEngine, onPostgres } from './engine';

const run = promisify(execFile);
const NO_COMMIT = '0'.repeat(40);
/** Each statement goes to another process there and back. */
const PATIENCE_MS = onPostgres ? 20_000 : 8_000;

export interface House {
  engine: Engine;
  world: World & { cluster: DummyCluster; gateway: DummyGateway };
  worker: Worker;
  /** Holds database, artifacts, logs and repositories. */
  folder: string;
  /** Commits these files to the app's real repository (or takes a commit made before), and delivers the push. */
  push(app: string, what: Record<string, string> | string): Promise<number>;
  /** Waits until the run is final or waits for people; a lease that nobody holds any more runs out at once. */
  settled(app: string, run: number): Promise<RunFound>;
  /** Says yes at every gate until the run is final. */
  through(app: string, run: number): Promise<RunFound>;
  close(): Promise<void>;
}

export interface HouseOptions {
  parts?: Partial<EngineParts>;
  /** Puts something between the step kinds and the dummy world. */
  change?: (world: World) => World;
  /** Folder with bare repositories (`APP.git`) that were made before; default: one of the house's own. */
  repositories?: string;
  /** Commits do not wait for the disk: for stories in which processes die, but no machine does. */
  hasty?: boolean;
  /** How long a run may take until it is final or waits, ms: containers of a busy machine start slowly. */
  patienceMs?: number;
  /** No worker takes steps: the story takes them by hand. */
  idle?: boolean;
}

/** A whole Gantry in one process on the dummy world: real SQL, real Git, nothing runs. */
export async function makeHouse(options: HouseOptions = {}): Promise<House> {
  const change = options.change ?? ((world: World) => world);
  const test = await makeEngine(options.parts);
  // A PostgreSQL of the tests lies in memory anyway.
  if (options.hasty === true && !onPostgres) await sql`pragma synchronous = off`.execute(test.engine.parts.store.read);
  const { engine } = test;
  const cluster = new DummyCluster();
  const gateway = new DummyGateway();
  const kept = fileBytes(join(test.folder, 'images'), () => randomBytes(8).toString('hex'));
  const world = {
    installation: '0123456789abcdef',
    bytes: engine.parts.bytes,
    kept,
    images: new DummyImages(cluster, kept),
    bases: { ensure: async () => undefined },
    sources: gitSources(options.repositories ?? join(test.folder, 'git')),
    cluster,
    builder: new DummyBuilder({ bytes: engine.parts.bytes }),
    gateway,
    prober: dummyProber(),
    access: dummyAccess(cluster),
    belongings: dummyBelongings(cluster),
    logFolders: fileLogFolders(join(test.folder, 'logs')),
    gatewayInside: async () => undefined,
  };
  const kinds = options.idle === true ? new Map() : stepKinds(change(world));
  const worker = startWorker(engine, kinds, { owner: 'test', concurrency: 4 });
  const heads = new Map<string, string>();

  const push = async (app: string, what: Record<string, string> | string): Promise<number> => {
    const after = typeof what === 'string' ? what : await commit(test.folder, app, what);
    const before = heads.get(app) ?? NO_COMMIT;
    heads.set(app, after);
    const wanted = { app, source: 'git-push', ref: 'refs/heads/main', before, after, pusher: 'user:ada' };
    const [accepted] = await engine.deliveries.accept(wanted, 'user:ada');
    worker.wake();
    return accepted?.run?.number ?? 0;
  };

  const settled = async (app: string, number: number): Promise<RunFound> => {
    const until = Date.now() + (options.patienceMs ?? PATIENCE_MS);
    for (;;) {
      const found = await engine.runs.find(app, number);
      if (isFinalRun(found.row.state) || found.row.state === 'waiting') return found;
      if (Date.now() > until)
        throw new Error(`run ${number} is still ${found.row.state}: ${JSON.stringify(found.steps)}`);
      if (worker.running() === 0) await expireLeases(engine, worker);
      worker.wake();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
  };

  const through = async (app: string, number: number): Promise<RunFound> => {
    for (;;) {
      const found = await settled(app, number);
      if (found.row.state !== 'waiting') return found;
      await engine.approvals.decide({ app, run: number, user: 'ada', vote: 'yes', reason: '' });
    }
  };

  return {
    engine,
    world,
    worker,
    folder: test.folder,
    push,
    settled,
    through,
    close: async () => {
      await worker.drain(2_000);
      await test.close();
    },
  };
}

/**
 * Nobody holds them: as if the six seconds had passed. Only those of before the worker has looked: one that it has got,
 * and does not know of yet since the answer is on its way, it knows of then.
 */
async function expireLeases(engine: Engine, worker: Worker): Promise<void> {
  const { rows } = await sql<{ now: number }>`select ${databaseNow} as now`.execute(engine.parts.store.read);
  await worker.hear();
  if (worker.running() > 0) return;
  const old = Number(rows[0]?.now) + LEASE_MS;
  await engine.parts.store.write(async (tx) => {
    const steps = tx.updateTable('steps');
    await steps.set({ not_before: 0 }).where('state', '=', 'ready').where('not_before', '>', 0).execute();
    await steps
      .set({ lease_until: 1, not_before: 0 })
      .where('state', '=', 'running')
      .where('lease_until', '<', old)
      .execute();
  });
}

/** Makes a commit in `<folder>/work/APP` and pushes it to `<folder>/git/APP.git`. Returns its id. */
export async function commit(folder: string, app: string, files: Record<string, string>): Promise<string> {
  const work = join(folder, 'work', app);
  const bare = join(folder, 'git', `${app}.git`);
  const git = (...args: string[]) =>
    run('git', ['-C', work, '-c', 'user.name=ada', '-c', 'user.email=ada@example.org', ...args]);
  await mkdir(work, { recursive: true });
  await run('git', ['init', '-q', '-b', 'main', work]);
  await run('git', ['init', '-q', '--bare', bare]);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(work, path)), { recursive: true });
    await writeFile(join(work, path), text);
  }
  await git('add', '-A');
  await git('commit', '-q', '--allow-empty', '-m', `change of ${app}`);
  await git('push', '-q', bare, 'HEAD:refs/heads/main', '--force');
  return (await git('rev-parse', 'HEAD')).stdout.trim();
}
