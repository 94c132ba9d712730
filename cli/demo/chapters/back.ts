import { join } from 'node:path';
import { readJson } from '../../processes/files';
import { identify, isRunning, signal } from '../../processes/identity';
import { contains, holds, same, within } from '../checks';
import { numberOf } from '../fixture';
import { ask, type Scene } from './scene';

/** Whoever asks later than that is back. */
const BACK_MS = 1_000;
/** Visitors come every few milliseconds; on a machine that is busy less often. */
const VISITED_MS = 5_000;
const SMALL_CROWD = 200;
/** A Redis that was killed is started again after half a second, and the bell connects anew. */
const REDIS_BACK_MS = 20_000;

/** Back to version 1, and forth again with Redis dead. */
export async function back(scene: Scene): Promise<void> {
  scene.story.part('storefront goes back, and forth again without Redis.');
  await goBack(scene, 'v2', 'v1', 'gantry rollback storefront ends with exit status 0 and tells its milliseconds');
  await withoutRedis(scene);
}

type Good = 'v1' | 'v2';

async function goBack(scene: Scene, from: Good, to: Good, claim: string): Promise<void> {
  const { checks, house, visits, dummy } = scene;
  const began = Date.now();
  let ms = 0;
  await checks.that(claim, async () => {
    const ended = await house.gantry('rollback', 'storefront', '--reason', 'to be checked', '--json');
    same([ended.status, ended.stderr], [0, '']);
    ms = (JSON.parse(ended.stdout) as { ms: number }).ms;
    scene.story.tell(`storefront: back from ${from} to ${to} in ${ms} ms, from the call to the end of its run`);
  });
  const called = Date.now() - ms;
  if (dummy) return;
  await checks.that(`storefront: everybody meets ${numberOf[to]} within a second of the call`, async () => {
    const met = (await visits.crowd('storefront', SMALL_CROWD)).map(({ version }) => version);
    same([...new Set(met)], [numberOf[to]]);
    const last = visits.lastAsked.get(`storefront ${numberOf[from]}`) ?? 0;
    holds(last >= began - VISITED_MS, 'visitors until the switch', `the last one ${began - last} ms before`);
    holds(last - called <= BACK_MS, `at most ${BACK_MS} ms`, `${last - called} ms`);
  });
}

async function withoutRedis(scene: Scene): Promise<void> {
  const { checks, house, stop } = scene;
  const file = join(house.home, 'run', 'redis.json');
  const pid = readJson<{ pid: number }>(file)?.pid ?? 0;
  const identity = identify(pid);
  if (identity === undefined) throw new Error(`${file} names no running process (${pid})`);
  signal(identity, 'SIGKILL');
  await goBack(scene, 'v1', 'v2', 'a rollback works right after Redis was killed');
  await checks.that('the Redis that was killed is gone, and another one was started', async () => {
    await within(
      REDIS_BACK_MS,
      () => {
        const now = readJson<{ pid: number }>(file)?.pid ?? 0;
        holds(!isRunning(identity) && now !== pid && identify(now) !== undefined, 'a new process', now);
      },
      stop,
    );
  });
  await checks.that('the bell works again', async () => {
    await within(REDIS_BACK_MS, async () => contains((await ask(scene, '/readyz')).text, '"bell":"up"'), stop);
  });
}
