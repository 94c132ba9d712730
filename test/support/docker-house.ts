import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort } from '../../cli/processes/ports';
import type { Engine } from '../../engine/engine';
import { isFinalRun } from '../../engine/model/states';
import type { RunShown } from '../../engine/runs/show';
import { fileBytes } from '../../engine/store/bytes';
import { purge } from '../../runners/docker/purge';
import { makeWorld } from '../../runners/make-world';
import { stepKinds } from '../../runners/steps/kinds';
import { startWorker } from '../../runners/worker/worker';
import { runnerSettings } from '../../settings';
import { startHouseWeb } from '../web/support/house';
import { makeEngine } from './engine';

export interface DockerHouse {
  engine: Engine;
  /** Where `git push` goes, with a token in it. */
  remote(app: string): string;
  /** Says yes at every gate until the run has ended. @throws Error when it takes longer than `limitMs` */
  through(app: string, run: number, limitMs: number): Promise<RunShown>;
  /** What visitors of a host get: status and body. */
  visit(host: string, path: string): Promise<{ status: number; body: string }>;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const LOOK_MS = 50;

/** A whole Gantry in one process on the real Docker: SQL, web with its Git remote, a worker, a gateway. */
export async function makeDockerHouse(): Promise<DockerHouse> {
  const { engine, folder, close } = await makeEngine();
  await mkdir(join(folder, 'run'), { recursive: true });
  const installation = randomBytes(8).toString('hex');
  const gateway = { host: HOST, port: await freePort(HOST) };
  const settings = runnerSettings({
    ...process.env,
    GANTRY_HOME: folder,
    GANTRY_GATEWAY: `${gateway.host}:${gateway.port}`,
  });
  const kept = fileBytes(join(folder, 'images'), () => randomBytes(8).toString('hex'));
  const world = makeWorld(settings, installation, { bytes: engine.parts.bytes, kept });
  const worker = startWorker(engine, stepKinds(world), { owner: 'test', concurrency: 4 });
  const web = await startHouseWeb(engine, folder, installation, { gateway });
  const { token = '' } = (await engine.users.first('ada')) ?? {};

  const through = async (app: string, number: number, limitMs: number): Promise<RunShown> => {
    for (const until = Date.now() + limitMs; ; ) {
      const run = await engine.runs.show(app, number);
      if (isFinalRun(run.state)) return run;
      if (Date.now() > until) throw new Error(`${app}#${number} is still ${run.state}: ${run.waitsFor}`);
      const isAsked = run.approvals.some(({ state }) => state === 'requested');
      if (isAsked) await engine.approvals.decide({ app, run: number, user: 'ada', vote: 'yes', reason: '' });
      worker.wake();
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };

  return {
    engine,
    remote: (app) => `${web.url.replace('://', `://ada:${token}@`)}/git/${app}.git`,
    through,
    visit: (host, path) => visit(gateway, host, path),
    close: async () => {
      await worker.drain(5_000);
      await web.stop();
      await world.gateway.remove();
      await purge(world.belongings, 'everything', () => undefined);
      await close();
    },
  };
}

function visit(
  gateway: { host: string; port: number },
  host: string,
  path: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asked = get({ ...gateway, path, headers: { host }, agent: false }, (answer) => {
      text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, body }), reject);
    });
    asked.on('error', reject);
  });
}
