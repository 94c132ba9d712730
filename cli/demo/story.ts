import { isFinal, type List, type Run, type RunSummary } from '../api/types';
import { deliver, mustSucceed } from './delivery';
import { type Demo, outOf, seconds } from './demo';
import { APPS, type App, numberOf } from './fixture';
import { arrive, NOTES } from './notes';
import type { Visitor } from './visits';

/** New visitors who come while a release is gray. */
const CROWD = 1_000;
/** How often those who met the bad gray release look at its pages. */
const READS = 6;
const SMALL_CROWD = 100;

/** The whole story: two apps, three versions of each, from push to production and back. */
export async function tellStory(demo: Demo): Promise<void> {
  await begin(demo);
  await notes(demo);
  await firstVersions(demo);
  await secondVersions(demo);
  await badVersions(demo);
  await backAgain(demo);
  await demo.traffic.stop();
}

async function begin(demo: Demo): Promise<void> {
  const { house, story } = demo;
  const known = (await house.must<List<{ name: string }>>('app', 'list')).items.map(({ name }) => name);
  for (const app of APPS) {
    if (known.includes(app)) story.tell(`${app}: is there already; it goes on with new commits`);
    else {
      await house.must('app', 'create', app);
      story.tell(`${app}: gantry app create ${app}`);
    }
    await endLeftRuns(demo, app);
    const { remote } = await house.app(app);
    await house.repository(app).prepare(remote, house.client.token);
  }
}

/** A run that an earlier demo left waiting would hold up the new ones. */
async function endLeftRuns({ house, story }: Demo, app: App): Promise<void> {
  const { items } = await house.must<List<RunSummary>>('run', 'list', app);
  for (const { number } of items.filter((run) => !isFinal(run))) {
    const ended = await house.gantry('run', 'cancel', app, String(number), '--reason', 'the demo begins anew');
    if (ended.status !== 0) continue;
    story.tell(`${app}: run ${number} of an earlier demo was still open: gantry run cancel ${app} ${number}`);
    await house.untilRun(app, number, isFinal);
  }
}

/** A release of it that is stable already would have its next one watched for minutes, so it arrives once. */
async function notes(demo: Demo): Promise<void> {
  const { house, story } = demo;
  const { items } = await house.must<List<{ name: string }>>('app', 'list');
  if (items.some(({ name }) => name === NOTES)) return;
  story.part('A project without gantry.yml and without a Dockerfile goes to production.');
  await arrive(demo);
}

/** Both at once: one waits for Maven while the other builds its image. */
async function firstVersions(demo: Demo): Promise<void> {
  demo.story.part('Version 1 of both goes from push through test and gray to production.');
  if (await bothServe(demo)) startTraffic(demo);
  await Promise.all(APPS.map(async (app) => mustSucceed(await deliver(demo, app, 'v1'))));
  startTraffic(demo);
}

async function bothServe({ house }: Demo): Promise<boolean> {
  const productions = await Promise.all(APPS.map((app) => house.environment(app, 'production')));
  return productions.every((production) => production?.stable != null);
}

function startTraffic({ dummy, traffic, story }: Demo): void {
  if (dummy || !traffic.start()) return;
  story.tell('visitors come now: about 100 requests per second, over kept and new connections, every answer checked');
}

async function secondVersions(demo: Demo): Promise<void> {
  demo.story.part('Version 2 of both meets 5 % of the visitors first, then everybody.');
  await Promise.all(APPS.map((app) => secondVersion(demo, app)));
}

async function secondVersion(demo: Demo, app: App): Promise<void> {
  const { visits, story, dummy } = demo;
  let crowd: Visitor[] = [];
  const whileWatched = async (): Promise<void> => {
    crowd = await visits.crowd(app, CROWD);
    const gray = crowd.filter(({ version }) => version === numberOf.v2).length;
    story.tell(`${app}: ${CROWD} new visitors came: ${gray} met ${numberOf.v2}, the others ${numberOf.v1} (share 5 %)`);
  };
  const atGate = async (step: string): Promise<void> => {
    if (step !== 'production/approve' || crowd.length === 0) return;
    const met = await visits.again(app, crowd);
    const flipped = crowd.filter(({ version }, index) => met[index] !== version).length;
    story.tell(
      `${app}: the same ${CROWD} came again: ${flipped === 0 ? 'nobody' : flipped} met another release than before`,
    );
  };
  mustSucceed(await deliver(demo, app, 'v2', dummy ? {} : { whileWatched, atGate }));
  if (dummy) return;
  const met = await visits.again(app, crowd);
  story.tell(
    `${app}: now ${outOf(met.filter((version) => version === numberOf.v2).length, CROWD)} meet ${numberOf.v2}`,
  );
}

async function badVersions(demo: Demo): Promise<void> {
  const { story, dummy } = demo;
  story.part('Version 3 of both is bad, and neither gets far.');
  if (dummy) {
    await neverHealthy(demo);
    story.tell('ledger: a release that answers errors cannot be shown without visitors; it is left out');
  } else await Promise.all([neverHealthy(demo), judgedBad(demo)]);
}

async function neverHealthy(demo: Demo): Promise<void> {
  const { story, visits, dummy } = demo;
  const run = await deliver(demo, 'storefront', 'v3-bad');
  mustFail(run);
  story.tell(`storefront: run ${run.number} failed: ${run.reason}`);
  if (dummy) return;
  const met = visits.counts.get(`storefront ${numberOf['v3-bad']}`) ?? 0;
  story.tell(`storefront: ${met === 0 ? 'no visitor' : `${met} visitors`} met it; production was not touched`);
}

async function judgedBad(demo: Demo): Promise<void> {
  const { story, visits } = demo;
  visits.expectBad('ledger', numberOf['v3-bad']);
  const run = await deliver(demo, 'ledger', 'v3-bad', { whileWatched: () => meetBad(demo) });
  mustFail(run);
  story.tell(`ledger: run ${run.number} failed: ${run.reason}`);
  const met = await visits.crowd('ledger', SMALL_CROWD);
  const back = met.filter(({ version }) => version === numberOf.v2).length;
  story.tell(`ledger: gray was taken back by itself; ${outOf(back, SMALL_CROWD)} new visitors meet ${numberOf.v2}`);
}

/** Those who meet the bad release look around until it has shown what it is. */
async function meetBad({ visits, story }: Demo): Promise<void> {
  const crowd = await visits.crowd('ledger', CROWD);
  const gray = crowd.filter(({ version }) => version === numberOf['v3-bad']);
  story.tell(`ledger: ${outOf(gray.length, CROWD)} new visitors met ${numberOf['v3-bad']}, which fails one of ten`);
  for (let round = 0; round < READS; round += 1) await visits.read('ledger', '/entries', gray);
}

const mustFail = (run: Run): void => {
  if (run.state !== 'failed') throw new Error(`${run.app}#${run.number} had to fail and ${run.state}: ${run.reason}`);
};

async function backAgain(demo: Demo): Promise<void> {
  const { house, story, visits, dummy } = demo;
  story.part('Version 2 of storefront is not liked after all.');
  const back = await house.must<{ from: string; to: string; ms: number }>(
    ...['rollback', 'storefront', '--reason', 'the dates are sold out'],
  );
  const called = Date.now() - back.ms;
  story.tell(`storefront: gantry rollback storefront: from ${back.from} to ${back.to} in ${back.ms} ms`);
  if (dummy) return;
  const met = await visits.crowd('storefront', SMALL_CROWD);
  const first = met.filter(({ version }) => version === numberOf.v1).length;
  story.tell(`storefront: ${outOf(first, SMALL_CROWD)} new visitors meet ${numberOf.v1}`);
  const last = visits.lastAnswer.get(`storefront ${numberOf.v2}`) ?? 0;
  const late = last < called ? 'none began after the call' : `the last one began ${last - called} ms after the call`;
  story.tell(`storefront: of the answers of ${numberOf.v2} ${late}`);
}

/** Everybody who was there, and whether all of them were served. */
export function tellVisits({ story, visits, dummy }: Demo): void {
  if (dummy) return;
  const served = [...visits.counts].sort().map(([who, count]) => `${who}: ${count}`);
  story.tell(`${visits.requests} requests in all; ${visits.failed} failed`);
  story.tell(`${visits.grayErrors} errors were answered by the bad gray release to the few who met it`);
  story.tell(`answers of /version: ${served.join(', ')}`);
  for (const { at, app, path, why } of visits.failures) {
    story.tell(`failed: ${app} ${path} at ${seconds(at - Date.now() + story.ms)}: ${why}`);
  }
}
