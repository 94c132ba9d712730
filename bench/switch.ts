/** Promotes and rolls back two apps under load, with real containers, and counts every answer that was not perfect. */
import { join } from 'node:path';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure, percentile } from './support/figures';
import { bareMapWrite } from './support/gateway-floor';
import { House, type Run } from './support/house';
import { Load } from './support/load/load';
import type { Total } from './support/load/messages';
import { SLOW_MS } from './support/load/page';
import { Repository } from './support/repository';
import { type Rollback, rollBack } from './support/rollback';
import { shopSources } from './support/shop';

/** Two, so that one is rolled back while containers of the other are built, started and stopped. */
const APPS = ['shop-a', 'shop-b'];
/** Releases that each app gets under load. */
const RELEASES = 6;
const ROLLBACKS_PER_RELEASE = 10;
/** Connections that are kept, and loops that open a new one for each request. */
const KEPT = 30;
const FRESH = 4;
const REQUESTS = 200_000;
const RELEASE_MS = 180_000;

interface Measured {
  rollbacks: Rollback[];
  /** From the push to the end of the run, ms. */
  releases: number[];
  floor: number[];
}

async function measure(workshop: Workshop): Promise<Figure[]> {
  const house = await House.start(workshop);
  const { say } = workshop;
  const apps = await Promise.all(APPS.map((name) => openApp(house, workshop, name)));
  say('the first release of each app serves; now with load');
  const load = await Load.start(
    { gateway: house.gateway, hosts: apps.map(({ host }) => host), kept: KEPT, fresh: FRESH },
    workshop.cleanup,
  );
  const measured: Measured = { rollbacks: [], releases: [], floor: [] };
  await Promise.all(apps.map((app) => story(app, house, load, measured, say)));
  while ((await load.look()).requests < REQUESTS)
    await Promise.all(apps.map((app) => back(app, house, load, measured)));
  const total = await load.stop();
  tell(say, total, measured);
  const times = measured.rollbacks.map((rollback) => rollback.lastAnswer);
  return [
    { name: 'requests', value: total.requests, goal: { atLeast: REQUESTS } },
    { name: 'requests_per_second', value: total.requests / total.seconds, goal: { atLeast: 2_000 } },
    { name: 'failed', value: total.failed, goal: { atMost: 0 } },
    { name: 'releases', value: measured.releases.length, goal: { atLeast: 10 } },
    { name: 'rollbacks', value: times.length, goal: { atLeast: 100 } },
    { name: 'rollback_ms_p50', value: percentile(times, 0.5) },
    { name: 'rollback_ms_p99', value: percentile(times, 0.99), goal: { atMost: 250 } },
  ];
}

interface App {
  name: string;
  host: string;
  repository: Repository;
  remote: string;
  version: number;
}

/** Makes the app and brings its first release to production, so that there is something to meet. */
async function openApp(house: House, { folder, settings }: Workshop, name: string): Promise<App> {
  await house.cli('app', 'create', name);
  const repository = new Repository(join(folder, name), settings.environment);
  await repository.create();
  const app: App = { name, host: '', repository, remote: house.remote(name), version: 0 };
  await release(app, house);
  const { environments } = await house.call<{ environments: { role: string; host: string }[] }>('GET', `/apps/${name}`);
  app.host = environments.find(({ role }) => role === 'production')?.host ?? '';
  if (app.host === '') throw new Error(`${name} has no production after its first release`);
  return app;
}

/** Commits and pushes the next version, and waits until it is promoted and the one before last is gone. */
async function release(app: App, house: House): Promise<Run> {
  app.version += 1;
  app.repository.write(shopSources(app.name, app.version));
  await app.repository.commit(`version ${app.version}`);
  await app.repository.push(app.remote, 'main');
  const { items } = await house.call<{ items: { number: number; trigger: string }[] }>('GET', `/apps/${app.name}/runs`);
  const number = items.find(({ trigger }) => trigger === 'push')?.number ?? 0;
  return house.untilSucceeded(app.name, number, { everyMs: 250, limitMs: RELEASE_MS });
}

/** Release, there and back several times, the next release. */
async function story(
  app: App,
  house: House,
  load: Load,
  measured: Measured,
  say: (line: string) => void,
): Promise<void> {
  for (let i = 0; i < RELEASES; i++) {
    const began = Date.now();
    const run = await release(app, house);
    measured.releases.push(Date.now() - began);
    for (let j = 0; j < ROLLBACKS_PER_RELEASE; j++) await back(app, house, load, measured);
    const { requests, failed } = await load.look();
    say(
      `${app.name}: release ${run.release} promoted, then ${ROLLBACKS_PER_RELEASE} rollbacks; ` +
        `${requests} requests so far, ${failed} failed`,
    );
  }
}

async function back(app: App, house: House, load: Load, measured: Measured): Promise<void> {
  measured.floor.push(await bareMapWrite(house.home, String(measured.floor.length)));
  measured.rollbacks.push(await rollBack(house, load, app.name));
}

function tell(say: (line: string) => void, total: Total, { rollbacks, releases, floor }: Measured): void {
  const { latency } = total;
  say('');
  say(`load: ${total.requests} requests in ${total.seconds.toFixed(1)} s, a tenth of them ${SLOW_MS} ms slow;`);
  say(
    `  first byte of the others p50 ${latency.p50.toFixed(1)}  p99 ${latency.p99.toFixed(1)}  max ${latency.max.toFixed(1)} ms`,
  );
  for (const [kind, count] of Object.entries(total.kinds)) say(`  failed: ${kind}: ${count}`);
  for (const failure of total.failures) say(`    ${failure}`);
  say(`push to the end of its run, ms:        ${distribution(releases)}`);
  say('rollbacks, ms since the call was sent:');
  say(`  the call was answered                ${distribution(rollbacks.map((r) => r.answered))}`);
  say(`  the step that switches began         ${distribution(rollbacks.map((r) => r.stepBegan))}`);
  say(`  and ended                            ${distribution(rollbacks.map((r) => r.stepEnded))}`);
  say(`  last answer of the release           ${distribution(rollbacks.map((r) => r.lastAnswer))}`);
  say(`beside it: one bare map write          ${distribution(floor)}`);
  say(
    `  (requests that began before it take up to ${SLOW_MS} ms more: no switch could be faster than their last answer)`,
  );
}

void runBench('switch', measure);
