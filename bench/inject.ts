/** Brings sealed WARs to test by injection, beside the bare Docker calls for the same, and to production as images. */
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { BareTomcat, LOOK_MS } from './support/bare-tomcat';
import { runBench, type Workshop } from './support/bench';
import { distribution, type Figure, percentile } from './support/figures';
import { House, type Run } from './support/house';
import { APP, Ledger, withComment } from './support/ledger';

const RELEASES = 12;
/** The first releases fill caches; they are not counted. */
const WARM_UP = 2;
const ANSWER_MS = 120_000;

interface Measured {
  gantry: number[];
  floor: number[];
  image: number[];
}

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { say } = workshop;
  const house = await House.start(workshop);
  const ledger = await Ledger.start(house, workshop);
  const bare = await BareTomcat.start(workshop);
  const { environments } = await house.call<{ environments: { name: string; host: string }[] }>('GET', `/apps/${APP}`);
  const host = environments.find(({ name }) => name === 'test')?.host ?? '';
  const measured: Measured = { gantry: [], floor: [], image: [] };
  for (let i = 0; i < WARM_UP + RELEASES; i++) {
    const floor = await bare.deliver(withComment(ledger.war, `bare ${i}`));
    const number = await ledger.push(i);
    const answeredAt = await firstAnswerOf(house, host, `${APP}-${number}`);
    const run = await ledger.ended(number);
    if (i < WARM_UP) continue;
    measured.floor.push(floor);
    measured.gantry.push(answeredAt - endOf(run, 'seal'));
    measured.image.push(imageTime(run));
  }
  return judge(measured, say);
}

/** Asks as a visitor would, through the gateway, until the release answers. @returns the moment of that answer */
async function firstAnswerOf(house: House, host: string, release: string): Promise<number> {
  const deadline = Date.now() + ANSWER_MS;
  for (;;) {
    if ((await versionAt(house.gateway, host)).includes(`"${release}"`)) return Date.now();
    if (Date.now() > deadline) throw new Error(`${release} did not answer at ${host} within ${ANSWER_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

function versionAt(gateway: { host: string; port: number }, host: string): Promise<string> {
  return new Promise((resolve) => {
    const call = get({ ...gateway, path: '/version', headers: { host }, agent: false, timeout: 1_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      answer.on('end', () => resolve(text));
      answer.on('error', () => resolve(''));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => resolve(''));
  });
}

/** From the artifact to the answer where an image is built of it first: the layer, then the delivery of it. */
function imageTime(run: Run): number {
  const spans = run.steps.filter(({ name }) => name === 'layer-image' || name === 'production/deliver');
  if (spans.length !== 2)
    throw new Error(`run ${run.number} has no step that builds an image, or none that delivers it`);
  return spans.reduce((sum, { startedAt, endedAt }) => sum + ((endedAt ?? 0) - (startedAt ?? 0)), 0);
}

function endOf(run: Run, step: string): number {
  const end = run.steps.find(({ name }) => name === step)?.endedAt;
  if (typeof end !== 'number') throw new Error(`run ${run.number} has no step ${step} that ended`);
  return end;
}

function judge({ gantry, floor, image }: Measured, say: (line: string) => void): Figure[] {
  say('');
  say(`${gantry.length} releases of a WAR, ms:`);
  say(`  sealed → answers in test, injected    ${distribution(gantry)}`);
  say(`  bare: create, copy, start, answer     ${distribution(floor)}`);
  say(`  image built and delivered             ${distribution(image)}`);
  const [gantryMs, floorMs] = [percentile(gantry, 0.5), percentile(floor, 0.5)];
  return [
    { name: 'releases', value: gantry.length },
    { name: 'gantry_ms_p50', value: gantryMs },
    { name: 'floor_ms_p50', value: floorMs },
    { name: 'ratio', value: gantryMs / floorMs, goal: { atMost: 1.15 } },
    { name: 'image_ms_p50', value: percentile(image, 0.5) },
  ];
}

void runBench('inject', measure);
