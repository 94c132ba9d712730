/** Takes a step of each kind back under load, with real containers, and measures the cold way back. */
import Docker from 'dockerode';
import { cliSettings, dockerAddress } from '../settings';
import { runBench, type Workshop } from './support/bench';
import { bareStart, type Cold, loseImage, rollBackCold, untilKept } from './support/cold';
import { distribution, type Figure, percentile } from './support/figures';
import { House } from './support/house';
import { Load } from './support/load/load';
import { ShopApp } from './support/shop-app';
import { KINDS, undoEachKind } from './support/undo-kinds';

const APP = 'shop';
/** A load that leaves both sides room to start containers: connections that are kept, and that are new each time. */
const KEPT = 4;
const FRESH = 1;
/** Releases that are gone back to in turn: each is cold again when its turn comes. */
const IN_TURN = [1, 2, 3];
const ROUNDS = 15;
/** Rounds in which Docker has lost the image before. */
const LOST = 6;

interface Measured {
  present: Cold[];
  lost: Cold[];
  floor: number[];
}

async function measure(workshop: Workshop): Promise<Figure[]> {
  const { say, cleanup } = workshop;
  const house = await House.start(workshop);
  const docker = new Docker(dockerAddress(cliSettings().environment.DOCKER_HOST));
  const shop = await ShopApp.create(house, workshop, APP);
  await shop.release();
  const host = await productionHost(house);
  const load = await Load.start({ gateway: house.gateway, hosts: [host], kept: KEPT, fresh: FRESH }, cleanup);
  for (const _ of IN_TURN.slice(1)) await shop.release();
  say('three releases; now each kind of step is taken back, under load:');
  const passed = await undoEachKind(house, shop, docker, workshop);
  const measured = await measureCold(house, docker, host);
  const total = await load.stop();
  tell(say, measured, total);
  const present = measured.present.map(({ met }) => met);
  const ratio = percentile(present, 0.5) / percentile(measured.floor, 0.5);
  return [
    { name: 'kinds', value: KINDS },
    { name: 'passed', value: passed.length, goal: { atLeast: KINDS } },
    { name: 'cold_rollback_ms_p50', value: percentile(present, 0.5) },
    { name: 'floor_ms_p50', value: percentile(measured.floor, 0.5) },
    { name: 'ratio', value: ratio, goal: { atMost: 1.25 } },
    {
      name: 'from_kept_bytes_ms_p50',
      value: percentile(
        measured.lost.map(({ met }) => met),
        0.5,
      ),
    },
    { name: 'requests', value: total.requests },
    { name: 'failed', value: total.failed, goal: { atMost: 0 } },
  ];
}

async function productionHost(house: House): Promise<string> {
  const { environments } = await house.call<{ environments: { name: string; host: string }[] }>('GET', `/apps/${APP}`);
  return environments.find(({ name }) => name === 'production')?.host ?? '';
}

/** Bare and by Gantry in turn, so that both meet the same moods of the machine. */
async function measureCold(house: House, docker: Docker, host: string): Promise<Measured> {
  const measured: Measured = { present: [], lost: [], floor: [] };
  const images = await imagesOf(house);
  const network = await networkOf(house);
  // One turn that does not count: old releases are ways back again, and their images are kept anew.
  for (const to of IN_TURN) await rollBackCold(house, APP, host, to);
  for (const to of IN_TURN) await untilKept(house, APP, to);
  for (let i = 0; i < ROUNDS + LOST; i++) {
    const to = IN_TURN[i % IN_TURN.length] ?? 1;
    const isLost = i >= ROUNDS;
    if (isLost) await loseImage(docker, house, APP, to);
    else measured.floor.push(await bareStart(docker, house, network, images.get(to) ?? ''));
    measured[isLost ? 'lost' : 'present'].push(await rollBackCold(house, APP, host, to));
  }
  return measured;
}

/** Instances are named after the network that they share with the gateway: `gantry-0123abcd-shop-…`. */
async function networkOf(house: House): Promise<string> {
  const { environments } = await house.call<{ environments: { instances: { name: string }[] }[] }>(
    'GET',
    `/apps/${APP}`,
  );
  const [instance] = environments.flatMap(({ instances }) => instances);
  return instance?.name.split('-').slice(0, 2).join('-') ?? '';
}

async function imagesOf(house: House): Promise<Map<number, string>> {
  const { items } = await house.call<{ items: { number: number; record: { image: { id: string } } }[] }>(
    'GET',
    `/apps/${APP}/releases`,
  );
  return new Map(items.map(({ number, record }) => [number, record.image.id]));
}

function tell(
  say: Workshop['say'],
  { present, lost, floor }: Measured,
  total: Awaited<ReturnType<Load['stop']>>,
): void {
  say('');
  say(`load: ${total.requests} requests in ${total.seconds.toFixed(1)} s`);
  for (const failure of total.failures) say(`    ${failure}`);
  say('cold rollbacks, ms since the call was sent:');
  say(`  first answer of the release          ${distribution(present.map(({ met }) => met))}`);
  say(`  the run ended (what was warm is gone) ${distribution(present.map(({ ended }) => ended))}`);
  say(`  first answer, the image being lost   ${distribution(lost.map(({ met }) => met))}`);
  say(`beside it: bare start and map write    ${distribution(floor)}`);
}

void runBench('undo', measure);
