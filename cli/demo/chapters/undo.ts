import type { List, RollbackStarted, RunSummary, UndoPreview } from '../../api/types';
import { contains, holds, same } from '../checks';
import { numberOf } from '../fixture';
import { instancesOf, releaseOf } from './containers';
import type { Scene } from './scene';

const SMALL_CROWD = 200;
const [V1, V2] = [1, 2];

/** storefront's promotion is taken back, then all of its gray stage; then version 2 comes again from its kept image. */
export async function undo(scene: Scene): Promise<void> {
  const run = scene.runs.get('storefront v2') ?? 0;
  await previews(scene, run);
  await unasked(scene, run);
  await undoPromote(scene, run);
  await undoGray(scene, run);
  await cold(scene);
  await backAndForth(scene);
}

const preview = ({ house }: Scene, run: number, before: string): Promise<UndoPreview> =>
  house.must('undo', 'storefront', String(run), '--before', before, '--preview');

async function previews(scene: Scene, run: number): Promise<void> {
  const { checks, house } = scene;
  const was = await worldOf(scene);
  await checks.that('gantry undo --preview tells what will happen, and how long it took last time', async () => {
    const ended = await house.gantry(...undoArgs(run, 'production/promote'), '--preview');
    same([ended.status, ended.stderr], [0, '']);
    contains(ended.stdout, /1 +production\/promote +[\d.]+ m?s +release 1 becomes stable again by one gateway command/);
  });
  await checks.that('back to before gray/deliver: in reverse, and what was never undone says so', async () => {
    const { steps, refused } = await preview(scene, run, 'gray/deliver');
    same([steps.map(({ step }) => step), refused], [['production/promote', 'production/deliver'], []]);
    same(
      steps.map(({ lastMs }) => lastMs === null),
      [false, true],
    );
  });
  await checks.that('a preview changes nothing', async () => same(await worldOf(scene), was));
}

/** A pipe cannot be asked. */
async function unasked(scene: Scene, run: number): Promise<void> {
  const was = await worldOf(scene);
  await scene.checks.that('without --yes in a pipe gantry undo refuses with exit 2, and changes nothing', async () => {
    const ended = await scene.house.gantry(...undoArgs(run, 'production/promote'));
    same(ended.status, 2);
    contains(ended.stdout, 'production/promote');
    contains(ended.stderr, '--yes');
    same(await worldOf(scene), was);
  });
}

async function undoPromote(scene: Scene, run: number): Promise<void> {
  const { checks } = scene;
  const before = await containersOf(scene);
  await unfailing(scene, 'gantry undo --before production/promote --yes: v1 is stable again', () =>
    undoNow(scene, run, 'production/promote', V1, V2),
  );
  await checks.that(
    'it started and stopped no container, and the page of the run names the run that did it',
    async () => {
      same(await containersOf(scene), before);
      const { steps } = await scene.house.run('storefront', run);
      const [newest] = await runsOf(scene);
      same(
        [newest?.trigger, steps.find(({ name }) => name === 'production/promote')?.undoneBy],
        ['undo', newest?.number],
      );
    },
  );
}

async function undoGray(scene: Scene, run: number): Promise<void> {
  await unfailing(scene, 'gantry undo --before gray/deliver --yes: v2 is not warm any more', () =>
    undoNow(scene, run, 'gray/deliver', V1, undefined),
  );
  if (scene.dummy) return;
  await scene.checks.that('no container of storefront v2 is left in production', async () => {
    same(
      (await containersOf(scene)).map(({ release }) => release),
      [V1],
    );
  });
}

/** Neither stable nor warm: its instances are started first, and production answers as before until they do. */
async function cold(scene: Scene): Promise<void> {
  const { checks, visits, dummy } = scene;
  const called = Date.now();
  visits.firstAsked.delete(`storefront ${numberOf.v2}`);
  await unfailing(scene, 'gantry rollback storefront --to 2, which runs nowhere: a cold way back', async () => {
    await rollback(scene, 'cold', V2, '--to', String(V2));
    await serving(scene, V2, V1);
  });
  if (dummy) return;
  await checks.that('its container was made after the call and started before the switch', async () => {
    const started = await startOf(scene, V2);
    holds(started >= called, 'a start after the call', `${called - started} ms before it`);
    // None has failed, so v1 has answered whoever asked before, or v2 has in the end.
    const first = visits.firstAsked.get(`storefront ${numberOf.v2}`) ?? 0;
    holds(first >= started, 'nobody who waited for v2', `a question of ${started - first} ms before v2 ran`);
    const last = visits.lastAnswer.get(`storefront ${numberOf.v1}`) ?? 0;
    const still = Math.max(0, last - started);
    scene.story.tell(`storefront: v1 answered for ${still} ms after the container of v2 was started`);
  });
}

async function backAndForth(scene: Scene): Promise<void> {
  await unfailing(scene, 'the rollback is rolled back: v1 was kept warm', async () => {
    await rollback(scene, 'warm', V1);
    await serving(scene, V1, V2);
  });
  await unfailing(scene, 'and forth again: v2 is stable, v1 warm', async () => {
    await rollback(scene, 'warm', V2);
    await serving(scene, V2, V1);
  });
}

const undoArgs = (run: number, before: string): string[] => ['undo', 'storefront', String(run), '--before', before];

async function undoNow(
  scene: Scene,
  run: number,
  before: string,
  stable: number,
  warm: number | undefined,
): Promise<void> {
  const ended = await scene.house.gantry(...undoArgs(run, before), '--yes', '--reason', 'to be checked', '--json');
  same([ended.status, ended.stderr], [0, '']);
  const { ms } = JSON.parse(ended.stdout) as { ms: number };
  scene.story.tell(`storefront: undone to before ${before} in ${ms} ms`);
  await serving(scene, stable, warm);
}

async function rollback(scene: Scene, kind: RollbackStarted['kind'], to: number, ...more: string[]): Promise<void> {
  const done = await scene.house.must<RollbackStarted & { ms: number }>('rollback', 'storefront', ...more);
  scene.story.tell(`storefront: rolled back to release ${to}, ${done.kind}, in ${done.ms} ms`);
  same(done.kind, kind);
}

/** In the record, and to everybody who comes. */
async function serving(scene: Scene, stable: number, warm: number | undefined): Promise<void> {
  const production = await scene.house.environment('storefront', 'production');
  same([production?.stable?.number, production?.warm?.number, production?.gray], [stable, warm, null]);
  if (scene.dummy) return;
  const met = (await scene.visits.crowd('storefront', SMALL_CROWD)).map(({ version }) => version);
  same([...new Set(met)], [stable === V1 ? numberOf.v1 : numberOf.v2]);
}

/** The live visitors of storefront are counted from before it to after it. */
async function unfailing(scene: Scene, claim: string, act: () => Promise<void>): Promise<void> {
  const { checks, visits, dummy } = scene;
  if (dummy) {
    await checks.that(claim, act);
    return;
  }
  await checks.that(`${claim}, and no request failed`, async () => {
    const before = { failed: visits.failed, requests: visits.requests };
    await act();
    const failures = visits.failures.slice(before.failed).map(({ app, path, why }) => `${app} ${path}: ${why}`);
    holds(visits.failed === before.failed, 'no failed request', failures);
    holds(visits.requests > before.requests, 'visitors', 'nobody');
  });
}

interface Standing {
  release: number;
  id: string;
  state: string;
}

async function containersOf(scene: Scene): Promise<Standing[]> {
  if (scene.dummy) return [];
  const found = await instancesOf(scene, 'storefront', 'production');
  return found.map((one) => ({ release: releaseOf(one), id: one.Id, state: one.State }));
}

async function startOf(scene: Scene, release: number): Promise<number> {
  const one = (await containersOf(scene)).find((standing) => standing.release === release);
  return Date.parse((await scene.house.docker.container(one?.id ?? 'none')).State.StartedAt);
}

/** What must be as it was when nothing was done: Docker, the traffic, the runs. */
async function worldOf(scene: Scene): Promise<unknown> {
  const production = await scene.house.environment('storefront', 'production');
  const runs = (await runsOf(scene)).map(({ number, state }) => [number, state]);
  return [await containersOf(scene), production?.version, production?.stable, production?.warm, runs];
}

const runsOf = async ({ house }: Scene): Promise<RunSummary[]> =>
  (await house.must<List<RunSummary>>('run', 'list', 'storefront')).items;
