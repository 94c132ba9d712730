import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { path } from '../../api/client';
import { type Connected, type Hook, isFinal, type List, type Run, type RunSummary } from '../../api/types';
import { doingOf, openGate } from '../carry';
import { contains, holds, same, within } from '../checks';
import { type Call, callHook, pushBody } from '../forge';
import { look, versionIn } from '../look';
import { recordOf } from './containers';
import type { Scene } from './scene';

/** From the call to its run: a fetch from a folder, and one transaction. */
const FETCHED_MS = 10_000;

/** ledger moves to a forge, and the forge's calls start its runs. Its production stays as it is. */
export async function hooks(scene: Scene): Promise<void> {
  const ledger = scene.house.repository('ledger');
  const forge = join(scene.house.home, 'demo', 'forge-ledger.git');
  await ledger.cloneTo(forge);
  const call = await connect(scene, forge);
  scene.forge = { folder: forge, call };
  ledger.write('NEWS.md', 'ledger moved to a forge.\n');
  await ledger.commit('ledger moved to a forge');
  await ledger.pushTo(forge);
  const commit = await ledger.head();
  const body = pushBody(scene.house, commit);
  const before = await runsOf(scene);
  await forged(scene, call, body, before.length);
  const run = await signed(scene, call, body, commit);
  if (run === undefined) return;
  await redelivered(scene, call, body, before.length + 1);
  await toTheGate(scene, run, commit);
}

async function connect(scene: Scene, forge: string): Promise<Call> {
  const { checks, house } = scene;
  const secret = randomBytes(24).toString('hex');
  const call = { address: `${house.client.url}/hooks/ledger/github`, delivery: randomUUID(), secret };
  await checks.that('before gantry app connect a signed webhook is refused with 401', async () => {
    same((await callHook(call, '{}', scene.stop)).status, 401);
  });
  await checks.that('gantry app connect ledger --secret-stdin takes the secret and tells the address', async () => {
    const args = ['app', 'connect', 'ledger', '--source', forge, '--secret-stdin', '--json'];
    const ended = await house.gantryTold(`${secret}\n`, ...args);
    same([ended.status, ended.stderr], [0, '']);
    const connected = JSON.parse(ended.stdout) as Connected;
    same([connected.url, connected.hooks.github], [forge, call.address]);
  });
  return call;
}

async function forged(scene: Scene, call: Call, body: string, runs: number): Promise<void> {
  await scene.checks.that('a webhook with a forged signature gets 401 and starts nothing', async () => {
    const wrong = { ...call, secret: randomBytes(24).toString('hex') };
    same((await callHook(wrong, body, scene.stop)).status, 401);
    same([(await hooksOf(scene)).length, (await runsOf(scene)).length], [0, runs]);
  });
}

/** @returns number of its run; undefined when there is none */
async function signed(scene: Scene, call: Call, body: string, commit: string): Promise<number | undefined> {
  const { checks, stop } = scene;
  let run: number | undefined;
  await checks.that('a signed webhook is answered with 202, and starts a run of exactly that commit', async () => {
    same((await callHook(call, body, stop)).status, 202);
    await within(
      FETCHED_MS,
      async () => {
        const [hook] = await hooksOf(scene);
        same([hook?.outcome, hook?.delivery], ['run', call.delivery]);
        run = hook?.run ?? undefined;
      },
      stop,
    );
    const [newest] = await runsOf(scene);
    same([newest?.number, newest?.commit, newest?.ref], [run, commit, 'refs/heads/main']);
  });
  return run;
}

async function redelivered(scene: Scene, call: Call, body: string, runs: number): Promise<void> {
  const { checks, house, stop } = scene;
  await checks.that('the same delivery three times more, all at once: 200, and still one run', async () => {
    const answers = await Promise.all([1, 2, 3].map(() => callHook(call, body, stop)));
    same(
      answers.map(({ status, said }) => [status, said.outcome]),
      answers.map(() => [200, 'run']),
    );
    same([(await hooksOf(scene)).length, (await runsOf(scene)).length], [1, runs]);
  });
  await checks.that('the same push under another delivery id finds nothing new', async () => {
    const other = { ...call, delivery: randomUUID() };
    await callHook(other, body, stop);
    await within(
      FETCHED_MS,
      async () => same((await hooksOf(scene)).find(({ delivery }) => delivery === other.delivery)?.outcome, 'known'),
      stop,
    );
    same((await runsOf(scene)).length, runs);
  });
  await checks.that('gantry app show ledger tells the source and its webhooks', async () => {
    const ended = await house.gantry('app', 'show', 'ledger');
    for (const part of ['forge-ledger.git', /github\s+push\s+main\s+run \d+/]) contains(ended.stdout, part);
    holds(!ended.stdout.includes(call.secret), 'no secret', 'the secret');
  });
}

/** What the forge told of stands in test, as a pushed commit would; then it is turned down. */
async function toTheGate(scene: Scene, number: number, commit: string): Promise<void> {
  const { checks, house, story, dummy } = scene;
  const atGate = (run: Run): boolean => isFinal(run) || openGate(run) !== undefined;
  const run = await house.untilRun('ledger', number, atGate, (now) => story.now('ledger', doingOf(now)));
  await checks.that('the run of the webhook stands in test with a release of that commit', async () => {
    contains(run.waitsFor, 'gray/approve');
    same((await recordOf(scene, 'ledger', run.release ?? 0)).commit, commit);
    if (dummy) return;
    const host = (await house.environment('ledger', 'test'))?.host ?? '';
    const answer = await look(house.gateway, { host, path: '/version' });
    same(versionIn(answer.body)?.release, `ledger-${run.release}`);
  });
  await checks.that('gantry reject ends it, and production of ledger was not touched', async () => {
    same((await house.gantry('reject', 'ledger', String(number), '--reason', 'it was only a check')).status, 0);
    const ended = await house.untilRun('ledger', number, isFinal);
    holds(ended.state !== 'succeeded', 'a run that did not succeed', ended.state);
    same((await house.environment('ledger', 'production'))?.stable?.number, 2);
  });
  story.now('ledger', undefined);
}

const hooksOf = async ({ house }: Scene): Promise<Hook[]> =>
  (await house.api.get<List<Hook>>(path`/apps/ledger/hooks`)).items;

const runsOf = async ({ house }: Scene): Promise<RunSummary[]> =>
  (await house.must<List<RunSummary>>('run', 'list', 'ledger')).items;
