import type { Environment } from '../../engine/environments/find';
import type { Instance } from '../../engine/instances/record';
import type { Lane } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import { drainOf, emptyLane, looseLanes, type Traffic } from '../../engine/rollout/traffic';
import { allEnded } from '../all-ended';
import type { World } from '../world';

/** What a step needs after a drain: its instances end and go, ms. */
const AFTER_DRAIN_MS = 30_000;
/** For what is still open at an instance that somebody else has begun to drain, ms. */
const LATE_DRAIN_MS = 30_000;
/** How long a process may take to end on SIGTERM after it was drained, ms. */
const STOP_GRACE_MS = 10_000;

/** Steps that drain instances themselves, and give them the time that their release asked for. */
export const DRAINING = ['deliver', 'promote', 'retire'];

type Actor = Pick<StepWork, 'engine' | 'lease' | 'log'>;

/**
 * Drains and removes everything in a lane that has no role any more: no new requests, wait until the last answer,
 * leave the gateway, stop, remove. In this order, so that no request fails. The lane is given up before, so that nobody
 * comes back to what is going; nothing happens when somebody has.
 */
export async function takeDown(context: Actor, world: World, environment: Environment, lane: Lane): Promise<void> {
  const { engine, lease, log } = context;
  const names = await engine.environments.vacate(lease, environment, lane);
  await removeInstances(engine, world, environment, lane, names, drainFor(context, environment, lane), log);
}

/** What an earlier epoch of this step was taking down when it was cut off goes now. */
export async function finishTakingDown(
  { engine, lease, log }: Actor,
  world: World,
  id: Environment['id'],
): Promise<void> {
  if (lease.epoch === 1) return;
  const environment = await engine.environments.find(id);
  await removeLaneless(engine, world, environment, await engine.instances.laneless(environment), log);
}

/**
 * Removes only these instances of a lane: what a step had started before it failed. Others may serve in the same lane
 * (gray's, beside which production wanted more). The lane becomes free when nothing is left in it and it has no role.
 */
export async function takeBack(
  context: Actor,
  world: World,
  environment: Environment,
  lane: Lane,
  names: readonly string[],
): Promise<void> {
  const { engine, lease } = context;
  const instances = await engine.instances.list({ environmentId: environment.id, lane });
  const isLoose = (t: Traffic) => looseLanes(t).includes(lane);
  const { traffic } = await engine.environments.find(environment.id);
  // Another step may have switched to them meanwhile: what serves everybody, and alone, stays.
  const serving = instances.filter(({ state }) => state === 'serving').map(({ name }) => name);
  const stays = traffic.stable === lane && serving.every((name) => names.includes(name)) ? serving : [];
  const own = instances.map((i) => i.name).filter((name) => names.includes(name) && !stays.includes(name));
  await drainAndRemove(
    context,
    world,
    environment,
    lane,
    own,
    isLoose(traffic) ? 0 : drainFor(context, environment, lane),
  );
  if (own.length < instances.length) return;
  await engine.environments.change({ lease }, environment.id, (t) => (isLoose(t) ? emptyLane(t, lane) : t));
}

/** As long as the release asked for, if the step has so much time. */
function drainFor({ lease }: Actor, { traffic }: Environment, lane: Lane): number {
  return withinStep(lease, drainOf(traffic, lane));
}

/** @param drainMs what a release asked for */
export const withinStep = ({ timeoutMs }: StepWork['lease'], drainMs: number): number =>
  Math.max(0, Math.min(drainMs, timeoutMs - AFTER_DRAIN_MS));

async function drainAndRemove(
  { engine, log }: Actor,
  world: World,
  environment: Environment,
  lane: Lane,
  names: readonly string[],
  drainMs: number,
): Promise<void> {
  for (const name of names) await engine.instances.move(name, { state: 'draining' });
  await removeInstances(engine, world, environment, lane, names, drainMs, log);
}

/**
 * Ends what goes and has no lane any more. The time that its release asked for went with the lane; most of it is over.
 */
export async function removeLaneless(
  engine: StepWork['engine'],
  world: World,
  environment: Environment,
  instances: readonly Instance[],
  log: (line: string) => void,
): Promise<void> {
  const remove = ({ name, lane }: Instance): Promise<void> =>
    removeInstances(engine, world, environment, lane as Lane, [name], LATE_DRAIN_MS, log);
  await allEnded(instances.map(remove));
}

/** The world's half of it, for instances that SQL knows to be going. */
export async function removeInstances(
  engine: StepWork['engine'],
  world: World,
  environment: Environment,
  lane: Lane,
  names: readonly string[],
  drainMs: number,
  log: (line: string) => void,
): Promise<void> {
  if (names.length === 0) return;
  const began = engine.parts.clock.now();
  await world.gateway.removeServers(environment.slot, lane, names, drainMs);
  log(`drained lane ${lane} of ${environment.name} in ${engine.parts.clock.now() - began} ms`);
  await Promise.all(
    names.map(async (name) => {
      await world.cluster.removeInstance(name, STOP_GRACE_MS);
      await engine.instances.move(name, { state: 'gone' });
      log(`${name}: removed`);
    }),
  );
}
