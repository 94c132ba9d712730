import type { Environment } from '../../engine/environments/find';
import { GantryError, StepFailure } from '../../engine/model/errors';
import type { Json } from '../../engine/model/hash';
import type { StepContext, StepKind, StepResult } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { drainOf, laneOf, looseLanes, makeStable, type Traffic } from '../../engine/rollout/traffic';
import { bringImage } from '../serving/bring-image';
import { type BroughtUp, bringUp, keepUp } from '../serving/bring-up';
import { followTraffic } from '../serving/follow-traffic';
import { makeRoom } from '../serving/make-room';
import { type Moved, moveTraffic } from '../serving/move-traffic';
import { finishTakingDown, takeDown } from '../serving/take-down';
import type { World } from '../world';
import { productionOf, productionStage, releaseOf } from './release-of';

/** The gray release becomes stable; the old one stays warm, so that going back is one gateway command. */
export function promoteStep(world: World): StepKind<'promote'> {
  return {
    kind: 'promote',
    run: (context) => promote(context, world),
    inspect: async () => ({ found: 'partly' }), // promoting what is stable already changes nothing
    undo: (context) => switchBack(context, world),
  };
}

async function promote(context: StepContext<'promote'>, world: World): Promise<StepResult> {
  const release = await releaseOf(context);
  const moved = await makeItStable(context, world, await productionOf(context), release, { sessions: true });
  context.log(`release ${release.number} is stable since version ${moved.version} of the route`);
  return { end: 'succeeded', output: moved as unknown as Json };
}

async function makeItStable(
  context: StepContext<'promote'>,
  world: World,
  environment: Environment,
  release: Release,
  leave: { sessions: boolean },
): Promise<Moved> {
  const now = context.engine.parts.clock.now();
  const drain = drainOf(environment.traffic, environment.traffic.stable);
  return moveTraffic(context, world, environment, (t) => makeStable(t, release.id, { now, ...leave }), {
    target: 'route production',
    serving: release.id,
    warmUntil: now + Math.max(context.spec.keepWarm, drain),
  });
}

/**
 * Back to the release that was stable before: warm, it is one map write; if its instances are gone, they are started
 * again first. The release that is taken back stays warm in its turn, but keeps no visitor for the sake of a session.
 */
async function switchBack(context: StepContext<'promote'>, world: World): Promise<StepResult> {
  const environment = await productionOf(context);
  const target = await targetOf(context, environment);
  if (target === undefined) {
    await followTraffic(context.engine, world, environment);
    context.log('the promotion broke off before anything was decided; nothing to undo');
    return { end: 'succeeded', output: null };
  }
  let brought = await broughtBefore(context, environment, target);
  let moved = await switchWarm(context, world, environment, target);
  if (moved === undefined) {
    context.log(`release ${target.number} has no instance that answers; starting it first`);
    await bringImage(context, world, target, productionStage(target));
    await makeRoom(context, world, environment, target);
    brought = await bringUp(context, world, environment, target, productionStage(target));
    moved = await makeItStable(context, world, await productionOf(context), target, { sessions: false });
  }
  context.log(`release ${target.number} is stable again since version ${moved.version} of the route`);
  await Promise.all([
    brought === undefined ? undefined : keepUp(world, environment, brought),
    stopFormerWarm(context, world, moved, target),
  ]);
  return { end: 'succeeded', output: moved as unknown as Json };
}

/** The one gateway command. Undefined when the release does not stand, or has begun to go since it was looked at. */
async function switchWarm(
  context: StepContext<'promote'>,
  world: World,
  environment: Environment,
  target: Release,
): Promise<Moved | undefined> {
  if (!(await standsReady(context, world, environment, target))) return undefined;
  try {
    return await makeItStable(context, world, environment, target, { sessions: false });
  } catch (error) {
    if (error instanceof GantryError && error.code === 'release-gone') return undefined;
    throw error;
  }
}

/** What an earlier epoch of this step may have brought up before it was cut off. */
async function broughtBefore(
  { engine, lease }: StepContext<'promote'>,
  environment: Environment,
  target: Release,
): Promise<BroughtUp | undefined> {
  const lane = laneOf(environment.traffic, target.id);
  if (lease.epoch === 1 || lane === undefined) return undefined;
  const instances = await engine.instances.list({ environmentId: environment.id, lane });
  return { lane, instances: instances.map(({ name }) => name) };
}

/** Who was kept warm before has lost that role to the release that was taken back: nothing would ever ask for it. */
async function stopFormerWarm(
  context: StepContext<'promote'>,
  world: World,
  { before }: Moved,
  target: Release,
): Promise<void> {
  const { warm } = before;
  const environment = await productionOf(context);
  await finishTakingDown(context, world, environment.id);
  if (warm === null || before.lanes[warm] === target.id) return;
  const { traffic } = environment;
  if (!looseLanes(traffic).includes(warm) || traffic.lanes[warm] !== before.lanes[warm]) return;
  await takeDown(context, world, environment, warm);
}

/** Undefined when the promotion that is taken back never made its release stable. */
async function targetOf(context: StepContext<'promote'>, { traffic }: Environment): Promise<Release | undefined> {
  const named = (context.spec as { to?: string }).to;
  const undone = context.undone as unknown as Moved | undefined;
  const stableIn = ({ stable, lanes }: Traffic) => (stable === null ? null : lanes[stable]);
  // A promotion that broke off after the decision has left nothing but the traffic.
  const isCutOff = named === undefined && undone === undefined;
  if (isCutOff && stableIn(traffic) !== context.lease.run.releaseId) return undefined;
  const id = named ?? (undone === undefined ? traffic.previous : stableIn(undone.before));
  if (id === null)
    throw new StepFailure('user', 'nothing was stable before this release', 'there is nothing to go back to');
  return context.engine.releases.find(id);
}

/**
 * Whether the gateway sees at least one healthy server of the release: its own checks are the newest word. One that is
 * going does not count: another step may have the release come back in the lane that its old instances still leave.
 */
async function standsReady(
  { engine }: StepContext<'promote'>,
  world: World,
  environment: Environment,
  target: Release,
): Promise<boolean> {
  const lane = laneOf(environment.traffic, target.id);
  if (lane === undefined) return false;
  const [servers, instances] = await Promise.all([
    world.gateway.listServers(environment.slot, lane),
    engine.instances.list({ environmentId: environment.id, lane }),
  ]);
  const staying = new Set(instances.filter(({ state }) => state === 'serving').map(({ name }) => name));
  return servers.some(({ name, up }) => up && staying.has(name));
}
