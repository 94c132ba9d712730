import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { smallArchive } from '../../runners/dummy/archive';
import type { Workshop } from './bench';
import type { House } from './house';
import { type Scene, sceneOf, withEnvironment, withInstances } from './scene';
import { type ShopApp, through, untilGate } from './shop-app';

/** One undo: what is asked, and how everything must be afterwards. */
interface Trial {
  run: number;
  wanted: { step: string } | { before: string };
  expected: Scene;
}

type Story = (house: House, app: ShopApp, docker: Docker) => Promise<Trial>;

const UNDO_MS = 120_000;
const SHARE = 1_000;
const OTHER_SHARE = 2_000;

/**
 * A story for each kind of step that changes something. Each finds the app with one release in production (and maybe
 * others warm), and may leave another one there.
 */
const STORIES: Readonly<Record<string, Story>> = {
  deliver: async (house, app) => {
    const { before, after, run } = await nextRelease(house, app);
    const [was, is] = [stableIn(before, 'test'), stableIn(after, 'test')];
    const expected = withInstances(withEnvironment(after, 'test', { stable: was }), [`test ${is}`], [`test ${was}`]);
    return { run, wanted: { step: 'test/deliver' }, expected };
  },
  promote: async (house, app) => {
    const { before, after, run } = await nextRelease(house, app);
    const [was, is] = [stableIn(before, 'production'), stableIn(after, 'production')];
    const expected = withEnvironment(after, 'production', { stable: was, warm: is });
    return { run, wanted: { step: 'production/promote' }, expected };
  },
  retire: async (house, app) => {
    await app.release();
    const { before, after, run } = await nextRelease(house, app);
    const retired = before.environments.production?.warm;
    const expected = withInstances(after, [], [`production ${retired}`]);
    return { run, wanted: { step: 'production/retire' }, expected };
  },
  share: async (house, app) => {
    const run = await app.push();
    await untilGate(house, app.name, run);
    const set = await house.call<{ run: number }>('POST', `/apps/${app.name}/gray`, { share: OTHER_SHARE });
    await through(house, app.name, set.run);
    const expected = withEnvironment(await sceneOf(house, app.name), 'production', { share: SHARE });
    return { run: set.run, wanted: { step: 'gray/share' }, expected };
  },
  seal: (house, app) => wholeRelease(house, app, 'seal'),
  'build-image': (house, app) => wholeRelease(house, app, 'build-image'),
  'take-image': async (house, app, docker) => {
    const before = await sceneOf(house, app.name);
    const image = await likeOne(house, app.name, docker);
    const started = JSON.parse(await house.cli('release', 'create', app.name, '--image', image, '--json')) as Started;
    await through(house, app.name, started.run);
    return { run: started.run, wanted: { before: 'take-image' }, expected: await asBefore(house, app.name, before) };
  },
};

/** An image of the app that Gantry has not built: its newest one, with one label more. */
async function likeOne(house: House, app: string, docker: Docker): Promise<string> {
  const { items } = await house.call<{ items: { record: { image: { id: string } } }[] }>(
    'GET',
    `/apps/${app}/releases`,
  );
  const container = await docker.createContainer({ Image: items[0]?.record.image.id ?? '' });
  try {
    return ((await container.commit({ changes: 'LABEL gantry.bench=undo' })) as { Id: string }).Id;
  } finally {
    await container.remove();
  }
}

interface Started {
  run: number;
}

/** How many kinds there are. */
export const KINDS = Object.keys(STORIES).length + 1;

/** Undoes a step of each kind and compares. @returns the kinds after which everything was as it should be */
export async function undoEachKind(house: House, app: ShopApp, docker: Docker, workshop: Workshop): Promise<string[]> {
  const passed: string[] = [];
  const judge = async (kind: string, name: string, story: () => Promise<Trial>): Promise<void> => {
    const problem = await undoOne(house, name, await story());
    workshop.say(`  ${kind.padEnd(12)} ${problem ?? 'everything was as before'}`);
    if (problem === undefined) passed.push(kind);
  };
  for (const [kind, story] of Object.entries(STORIES)) {
    await judge(kind, app.name, () => story(house, app, docker));
    await endGray(house, app.name);
  }
  await judge('layer-image', WAR_APP, () => layerStory(house, workshop));
  return passed;
}

/** Undefined when the undo succeeded and left what was expected. */
async function undoOne(house: House, app: string, { run, wanted, expected }: Trial): Promise<string | undefined> {
  const path = `/apps/${app}/runs/${run}/undo`;
  const preview = await house.call<{ hash: string; refused: { why: string }[] }>('POST', `${path}/preview`, wanted);
  if (preview.refused[0] !== undefined) return `refused: ${preview.refused[0].why}`;
  const asked = { ...wanted, previewHash: preview.hash, reason: 'bench' };
  const started = await house.call<Started>('POST', path, asked);
  const ended = await house.untilEnded(app, started.run, { everyMs: 100, limitMs: UNDO_MS });
  if (ended.state !== 'succeeded') return `${ended.state}: ${ended.reason}`;
  const [found, wish] = [await sceneOf(house, app), expected].map((scene) => JSON.stringify(scene));
  return found === wish ? undefined : `found ${found}, expected ${wish}`;
}

async function nextRelease(house: House, app: ShopApp): Promise<{ before: Scene; after: Scene; run: number }> {
  const before = await sceneOf(house, app.name);
  const { number } = await app.release();
  return { before, after: await sceneOf(house, app.name), run: number };
}

/** A whole release is taken back: who was stable is stable again, and nothing of the new one is left. */
async function wholeRelease(house: House, app: ShopApp, step: string): Promise<Trial> {
  const { before, run } = await nextRelease(house, app);
  return { run, wanted: { before: step }, expected: await asBefore(house, app.name, before) };
}

/** But for what was kept warm before, which the new release has retired, and the record that it is withdrawn. */
async function asBefore(house: House, app: string, before: Scene): Promise<Scene> {
  const warm = before.environments.production?.warm ?? null;
  const { items } = await house.call<{ items: { number: number }[] }>('GET', `/apps/${app}/releases`);
  const scene = withInstances(withEnvironment(before, 'production', { warm: null }), [`production ${warm}`], []);
  return { ...scene, withdrawn: [items[0]?.number ?? 0, ...before.withdrawn] };
}

const stableIn = (scene: Scene, name: string): number | null => scene.environments[name]?.stable ?? null;

/** A story may leave a release gray, with a run that waits: it goes on to production. */
async function endGray(house: House, app: string): Promise<void> {
  const { items } = await house.call<{ items: { number: number; state: string }[] }>('GET', `/apps/${app}/runs`);
  const waiting = items.find(({ state }) => state === 'waiting');
  if (waiting !== undefined) await through(house, app, waiting.number);
}

const WAR_APP = 'ledger';
const WAR_PIPELINE = `app: ${WAR_APP}
build:
  artifact: { in: gantry/maven, run: mvn package, take: target/*.war }
serve:
  base: gantry/tomcat
  port: 8080
  health: { path: /index.html, within: 60s }
  resources: { memory: 384m, cpus: 1 }
stages:
  production: { keepWarm: 30m }
`;

/** Two releases of an uploaded WAR; the second one is taken back to before its layer was made. */
async function layerStory(house: House, { folder }: Workshop): Promise<Trial> {
  await house.cli('app', 'create', WAR_APP);
  const [war, pipeline] = [join(folder, 'ledger.war'), join(folder, 'ledger.yml')];
  writeFileSync(pipeline, WAR_PIPELINE);
  const release = async (text: string): Promise<number> => {
    writeFileSync(war, smallArchive({ 'index.html': text, 'WEB-INF/web.xml': '<web-app/>' }));
    const words = ['release', 'create', WAR_APP, '--war', war, '--pipeline', pipeline, '--json'];
    const { run } = JSON.parse(await house.cli(...words)) as Started;
    await through(house, WAR_APP, run);
    return run;
  };
  await release('one');
  const before = await sceneOf(house, WAR_APP);
  const run = await release('two');
  return { run, wanted: { before: 'layer-image' }, expected: await asBefore(house, WAR_APP, before) };
}
