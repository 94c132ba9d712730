/** Brings sealed WARs and EARs to test by injection, beside the bare Docker calls for the same, and to production as images. */
import { get } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { BareTomcat, LOOK_MS } from './support/bare-tomcat';
import { runBench, type Workshop } from './support/bench';
import { Clearing, EAR_APP, EAR_SERVERS } from './support/clearing';
import { distribution, type Figure, percentile } from './support/figures';
import { House, type Run } from './support/house';
import { APP, Ledger, withComment } from './support/ledger';

const RELEASES = 12;
/** The first releases fill caches; they are not counted. */
const WARM_UP = 2;
const ANSWER_MS = 120_000;
/** Of the EAR, on each server; the first one is not counted. */
const EAR_RELEASES = 4;

interface Measured {
  gantry: number[];
  floor: number[];
  stock: number[];
  image: number[];
}

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { say } = workshop;
  const house = await House.start(workshop);
  const ledger = await Ledger.start(house, workshop);
  const bare = await BareTomcat.start(workshop);
  const stock = await BareTomcat.startStock(workshop);
  const host = await testHost(house, APP);
  const measured: Measured = { gantry: [], floor: [], stock: [], image: [] };
  for (let i = 0; i < WARM_UP + RELEASES; i++) {
    const floor = await bare.deliver(withComment(ledger.war, `bare ${i}`));
    const asItComes = await stock.deliver(withComment(ledger.war, `stock ${i}`));
    const number = await ledger.push(i);
    const answeredAt = await firstAnswerOf(house, { host, path: '/version' }, `${APP}-${number}`);
    const run = await ledger.ended(number);
    if (i < WARM_UP) continue;
    measured.floor.push(floor);
    measured.stock.push(asItComes);
    measured.gantry.push(answeredAt - endOf(run, 'seal'));
    measured.image.push(imageTime(run));
  }
  const figures = judge(measured, say);
  return [...figures, ...(await measureEars(house, workshop))];
}

/** The EAR on each server, from its seal to its first answer in test. */
async function measureEars(house: House, workshop: Workshop): Promise<Figure[]> {
  const clearing = await Clearing.start(house, workshop);
  const place = { host: await testHost(house, EAR_APP), path: '/board/version' };
  const figures: Figure[] = [];
  workshop.say('an EAR, sealed → answers in test, injected, ms:');
  for (const server of EAR_SERVERS) {
    const took: number[] = [];
    for (let i = 0; i < EAR_RELEASES; i++) {
      const number = await clearing.give(server);
      const answeredAt = await firstAnswerOf(house, place, `${EAR_APP}-${number}`);
      const run = await clearing.ended(number);
      if (i > 0) took.push(answeredAt - endOf(run, 'seal'));
    }
    workshop.say(`  ${server.padEnd(14)} ${distribution(took)}`);
    figures.push({ name: `ear_ms_p50_${server.replace('-', '_')}`, value: percentile(took, 0.5) });
  }
  return figures;
}

async function testHost(house: House, app: string): Promise<string> {
  const { environments } = await house.call<{ environments: { name: string; host: string }[] }>('GET', `/apps/${app}`);
  return environments.find(({ name }) => name === 'test')?.host ?? '';
}

interface Place {
  host: string;
  path: string;
}

/** Asks as a visitor would, through the gateway, until the release answers. @returns the moment of that answer */
async function firstAnswerOf(house: House, place: Place, release: string): Promise<number> {
  const deadline = Date.now() + ANSWER_MS;
  for (;;) {
    if ((await versionAt(house.gateway, place)).includes(`"${release}"`)) return Date.now();
    if (Date.now() > deadline)
      throw new Error(`${release} did not answer at ${place.host} within ${ANSWER_MS / 1000} s`);
    await pause(LOOK_MS);
  }
}

function versionAt(gateway: { host: string; port: number }, { host, path }: Place): Promise<string> {
  return new Promise((resolve) => {
    const call = get({ ...gateway, path, headers: { host }, agent: false, timeout: 1_000 }, (answer) => {
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

function judge({ gantry, floor, stock, image }: Measured, say: (line: string) => void): Figure[] {
  say('');
  say(`${gantry.length} releases of a WAR, ms:`);
  say(`  sealed → answers in test, injected    ${distribution(gantry)}`);
  say(`  bare: create, copy, start, answer     ${distribution(floor)}`);
  say(`  bare, on Debian's Tomcat as it comes   ${distribution(stock)}`);
  say(`  image built and delivered             ${distribution(image)}`);
  const [gantryMs, floorMs, stockMs] = [percentile(gantry, 0.5), percentile(floor, 0.5), percentile(stock, 0.5)];
  return [
    { name: 'releases', value: gantry.length },
    { name: 'gantry_ms_p50', value: gantryMs },
    { name: 'floor_ms_p50', value: floorMs },
    { name: 'ratio', value: gantryMs / floorMs, goal: { atMost: 1.1 } },
    { name: 'stock_floor_ms', value: stockMs },
    { name: 'cold_vs_stock', value: gantryMs / stockMs, goal: { atMost: 0.85 } },
    { name: 'image_ms_p50', value: percentile(image, 0.5) },
  ];
}

void runBench('inject', measure);
