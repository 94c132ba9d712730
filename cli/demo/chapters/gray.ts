import { fairRange } from '../binomial';
import { carry, doingOf } from '../carry';
import { holds, same } from '../checks';
import { mustSucceed } from '../delivery';
import { APPS, type App, numberOf } from '../fixture';
import type { Visitor } from '../visits';
import { instancesOf, releaseOf } from './containers';
import type { Scene } from './scene';

/** New visitors per app while gray has its share. */
const CROWD = 2_000;
const SHARE = 0.05;
const MORE = 0.2;
const SMALL_CROWD = 200;

/** Version 2 of both meets a part of the visitors, then everybody, while others keep coming. */
export async function gray(scene: Scene): Promise<void> {
  scene.story.part('Version 2 of both meets 5 % of the visitors first, then everybody.');
  await Promise.all(APPS.map((app) => grayOf(scene, app)));
}

async function grayOf(scene: Scene, app: App): Promise<void> {
  const { house, story, dummy } = scene;
  story.now(app, 'git push');
  const pushed = await house.push(app, 'v2', { dummy });
  scene.runs.set(`${app} v2`, pushed.number);
  const run = await carry(house, app, pushed.number, {
    onLook: (now) => story.now(app, doingOf(now)),
    ...(dummy ? {} : { whileWatched: () => whileWatched(scene, app) }),
    atGate: async (step) => {
      if (step === 'production/approve' && !dummy) await beforeEverybody(scene, app);
    },
  });
  story.now(app, undefined);
  mustSucceed(run);
  await checkRoles(scene, app);
  if (!dummy) await checkEverybody(scene, app);
}

const isGray = ({ version }: Visitor): boolean => version === numberOf.v2;

async function whileWatched(scene: Scene, app: App): Promise<void> {
  const { checks, visits } = scene;
  const crowd = await visits.crowd(app, CROWD);
  scene.crowds.set(app, crowd);
  await checks.that(`${app}: of ${CROWD} new visitors about 5 % meet the gray release`, () => {
    const { low, high } = fairRange(CROWD, SHARE);
    const met = crowd.filter(isGray).length;
    holds(met >= low && met <= high, `${low} to ${high} of ${CROWD}`, met);
  });
  await checks.that(`${app}: whoever says so by header or cookie meets the gray release`, async () => {
    const byHeader = await visits.version(app, {}, { headers: { 'X-Gray': '1' } });
    const byCookie = await visits.version(app, { cookie: 'gray=1' });
    same([byHeader, byCookie], [numberOf.v2, numberOf.v2]);
  });
}

/** The share grows at the last gate; storefront's only, so that the other one stays as it was. */
async function beforeEverybody(scene: Scene, app: App): Promise<void> {
  const { checks, visits, house } = scene;
  const crowd = scene.crowds.get(app) ?? [];
  await checks.that(`${app}: the same cookie meets the same release, for all ${CROWD} of them`, async () => {
    const met = await visits.again(app, crowd);
    same(crowd.filter(({ version }, index) => met[index] !== version).length, 0);
  });
  if (app !== 'storefront') return;
  await checks.that('gantry gray set storefront 20% succeeds while its run waits', async () => {
    same((await house.gantry('gray', 'set', 'storefront', '20%')).status, 0);
  });
  await checks.that('storefront: the share has grown to about 20 %, and nobody who met gray flipped back', async () => {
    const met = await visits.again(app, crowd);
    const flipped = crowd.filter((visitor, index) => isGray(visitor) && met[index] !== numberOf.v2).length;
    same(flipped, 0);
    const { low, high } = fairRange(CROWD, MORE);
    const now = met.filter((version) => version === numberOf.v2).length;
    holds(now >= low && now <= high, `${low} to ${high} of ${CROWD}`, now);
  });
}

async function checkRoles({ checks, house }: Scene, app: App): Promise<void> {
  await checks.that(`${app} v2 is stable, and v1 is kept warm`, async () => {
    const production = await house.environment(app, 'production');
    same([production?.stable?.number, production?.gray, production?.warm?.number], [2, null, 1]);
  });
}

async function checkEverybody(scene: Scene, app: App): Promise<void> {
  const { checks, visits, house } = scene;
  await checks.that(`${app} v2 answers everybody in production through the gateway`, async () => {
    const known = await visits.again(app, scene.crowds.get(app)?.slice(0, SMALL_CROWD) ?? []);
    const fresh = (await visits.crowd(app, SMALL_CROWD)).map(({ version }) => version);
    same([...new Set([...known, ...fresh])], [numberOf.v2]);
  });
  await checks.that(`${app} v1's container still runs, so that a rollback starts nothing`, async () => {
    const old = (await instancesOf(scene, app, 'production')).find((one) => releaseOf(one) === 1);
    same((await house.docker.container(old?.Id ?? 'none')).State.Running, true);
  });
}
