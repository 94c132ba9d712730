import { carry, doingOf, openGate } from '../carry';
import { contains, holds, same } from '../checks';
import { mustSucceed } from '../delivery';
import { APPS, type App, numberOf } from '../fixture';
import { look, versionIn } from '../look';
import { checkContainers, checkWar, recordOf } from './containers';
import type { Scene } from './scene';

/** Version 1 of both, from push to production, at the same time. */
export async function first(scene: Scene): Promise<void> {
  scene.story.part('Version 1 of both goes from push through test and gray to production.');
  await Promise.all(APPS.map((app) => firstOf(scene, app)));
  await logs(scene);
  if (scene.dummy) return;
  for (const app of APPS) await checkContainers(scene, app);
  await checkWar(scene, await releaseNumber(scene, 'ledger'));
  scene.traffic.start();
}

async function firstOf(scene: Scene, app: App): Promise<void> {
  const { checks, house, story } = scene;
  story.now(app, 'git push');
  const pushed = await house.push(app, 'v1', { dummy: scene.dummy });
  scene.runs.set(`${app} v1`, pushed.number);
  await checks.that(`git push of ${app} is answered with the address of its run`, () => {
    same(pushed.run?.url, `${house.client.url}/apps/${app}/runs/${pushed.number}`);
  });
  const run = await carry(house, app, pushed.number, {
    onLook: (now) => story.now(app, doingOf(now)),
    atGate: async (step, now) => {
      if (step === 'gray/approve') await atFirstGate(scene, app, now.number);
    },
  });
  story.now(app, undefined);
  mustSucceed(run);
  await checks.that(`${app} v1: production runs release ${run.release}, and the gateway follows`, async () => {
    const production = await house.environment(app, 'production');
    same(production?.stable?.number, run.release);
    same(production?.confirmedVersion, production?.version);
  });
  if (scene.dummy) return;
  await checks.that(`${app} v1 answers in production through the gateway, as its release`, async () => {
    const answer = await look(house.gateway, { host: house.hostOf(app), path: '/version' });
    same(versionIn(answer.body), { app, version: numberOf.v1, release: `${app}-${run.release}` });
  });
}

/** People are asked when test has it, and production does not. */
async function atFirstGate(scene: Scene, app: App, number: number): Promise<void> {
  const { checks, house, dummy } = scene;
  const run = await house.run(app, number);
  await checks.that(`${app}: its run waits for one release-manager, bound to the release`, () => {
    contains(run.waitsFor, 'gray/approve');
    same(openGate(run)?.releaseHash, run.releaseHash);
  });
  await checks.that(`${app}: an approval of another release is refused`, async () => {
    const ended = await house.gantry('approve', app, String(number), '--release', '0123456789abcdef');
    same(ended.status, 1);
  });
  if (dummy) return;
  const test = await house.environment(app, 'test');
  await checks.that(`${app}: the test address serves v1, while production serves nothing yet`, async () => {
    const inTest = await look(house.gateway, { host: test?.host ?? '', path: '/version' });
    same(versionIn(inTest.body)?.version, numberOf.v1);
    const inProduction = await look(house.gateway, { host: house.hostOf(app), path: '/version' });
    holds(inProduction.status === 503 || inProduction.status === 404, 'status 503 or 404', inProduction.status);
  });
}

async function logs({ checks, house, runs }: Scene): Promise<void> {
  await checks.that('gantry run logs shows what the build of ledger said', async () => {
    const number = String(runs.get('ledger v1'));
    const ended = await house.gantry('run', 'logs', 'ledger', number, 'build-artifact');
    same(ended.status, 0);
    holds(ended.stdout.trim() !== '', 'a log', 'nothing');
  });
  await checks.that('each event of a run comes by server-sent events, up to its end', async () => {
    const number = runs.get('storefront v1') ?? 0;
    const stream = await house.api.stream(`/apps/storefront/runs/${number}/events`, {
      headers: { accept: 'text/event-stream' },
    });
    let text = '';
    for await (const piece of stream as AsyncIterable<Buffer>) text += piece.toString('utf8');
    contains(text, /^event: end$/m);
    contains(text, /^id: \d+$/m);
  });
}

async function releaseNumber(scene: Scene, app: App): Promise<number> {
  const production = await scene.house.environment(app, 'production');
  return (await recordOf(scene, app, production?.stable?.number ?? 0)).number;
}
