import type { Environment } from '../../engine/environments/find';
import { LeaseLostError, StepFailure } from '../../engine/model/errors';
import { InstanceUnhealthyError } from '../../engine/ports/cluster';
import type { Lane } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { place } from '../../engine/rollout/traffic';
import { compensateEffects, effectKey } from '../../engine/steps/effect';
import { fence } from '../../engine/steps/fence';
import { retryAfter } from '../../engine/steps/retry';
import { allEnded } from '../all-ended';
import type { World } from '../world';
import { imageOf, specOf, type Wanted } from './instance-spec';
import { introduce } from './introduce';
import { keepFailed } from './keep-failed';
import { laneSettings } from './lane-settings';
import { takeBack } from './take-down';
import { unhealthy } from './unhealthy';

export interface BroughtUp {
  lane: Lane;
  instances: string[];
}

/**
 * Starts the instances of a release in a lane of its own, waits until each is healthy, and makes them known to the
 * gateway, still without traffic. When one never gets healthy, all of them are removed again.
 */
export async function bringUp(
  context: StepWork,
  world: World,
  environment: Environment,
  release: Release,
  stageName: string,
): Promise<BroughtUp> {
  const stage = release.record.stages[stageName];
  if (stage === undefined) throw new StepFailure('gantry', `release ${release.number} knows no stage ${stageName}`);
  const { engine, lease, log } = context;
  // Before anything is begun, and also for instances that stand already: what they say is masked.
  const secrets = await context.secrets({
    names: stage.serve.secrets ?? [],
    stage: { name: stageName, production: environment.role === 'production' },
    release,
  });
  const settings = laneSettings(release, stageName);
  const placed = await engine.environments.change(
    { lease },
    environment.id,
    (t) => place(t, release.id, settings).traffic,
  );
  const { lane } = place(placed.traffic, release.id);
  const names = await missingNames(context, world, environment, lane, stage.serve.instances);
  const [first, ...others] = names.map((one) => ({ environment, release, stageName, stage, lane, secrets, ...one }));
  if (first === undefined) return { lane, instances: [] };
  const ones = [first, ...others] as const;
  let served: string[];
  try {
    await allEnded([readyGateway(context, world, environment), ...ones.map((one) => startOne(context, world, one))]);
    served = await introduce(context, world, ones);
  } catch (error) {
    const started = names.map((one) => one.name);
    await giveUp(context, world, environment, lane, started, error);
    throw error instanceof InstanceUnhealthyError ? unhealthy(error, log) : error;
  }
  const surplus = names.map((one) => one.name).filter((name) => !served.includes(name));
  if (surplus.length > 0) {
    log(`another step brought release ${release.number} up meanwhile; ${surplus.join(', ')} not needed, removed again`);
    await takeBack(context, world, environment, lane, surplus);
  }
  return { lane, instances: served };
}

/**
 * Has instances that were brought up come back by themselves from now on, and find others also while new names come. It
 * takes its time, and only a restart or a new app will ask for it: whoever switches to them does not wait for it first.
 */
export async function keepUp(world: World, environment: Environment, { instances }: BroughtUp): Promise<void> {
  await Promise.all(instances.map((name) => world.cluster.keepRunning(name, environment.name)));
}

/**
 * The instances that this step must start: as many as the stage wants, less those that another step has standing in
 * the lane already. A container is named by the key of the effect that makes it: a second one is a conflict, which
 * means *adopt*.
 */
async function missingNames(
  context: StepWork,
  world: World,
  environment: Environment,
  lane: Lane,
  wanted: number,
): Promise<{ name: string; ordinal: number }[]> {
  const short = world.installation.slice(0, 8);
  const own = Array.from({ length: wanted }, (_, ordinal) => {
    const key = effectKey(context.lease, instanceTarget(environment, ordinal));
    return { name: `gantry-${short}-${context.lease.app.name.slice(0, 20)}-${key.slice(0, 10)}`, ordinal };
  });
  const all = await context.engine.instances.list({ environmentId: environment.id, lane });
  const others = all.filter((i) => i.state === 'serving' && !own.some((o) => o.name === i.name));
  return own.slice(Math.min(others.length, wanted));
}

const instanceTarget = (environment: Environment, ordinal: number): string => `instance ${environment.name}/${ordinal}`;

/** The gateway, and the names in it that lead to apps, while the instances start. It is compared with SQL elsewhere. */
async function readyGateway({ engine }: StepWork, world: World, { cluster }: Environment): Promise<void> {
  if ((await world.gateway.address()) === undefined) await world.gateway.start();
  await world.gateway.keepNames(await engine.environments.insideNames(cluster));
}

async function startOne(context: StepWork, world: World, one: Wanted): Promise<void> {
  const { engine, lease, log } = context;
  await context.effect({
    target: instanceTarget(one.environment, one.ordinal),
    intent: { name: one.name, release: one.release.hash, image: imageOf(one) },
    find: async () => {
      const seen = await world.cluster.findInstance(one.name);
      return seen?.running === true ? { container: seen.id } : undefined;
    },
    act: async (key) => {
      await engine.instances.record(lease, {
        name: one.name,
        environment: one.environment,
        releaseId: one.release.id,
        lane: one.lane,
        ordinal: one.ordinal,
        port: one.stage.serve.port,
      });
      const began = engine.parts.clock.now();
      const seen = await world.cluster.startInstance(specOf(lease, one, key));
      log(`${one.name}: container ${seen.id.slice(0, 12)} started in ${engine.parts.clock.now() - began} ms`);
      return { container: seen.id };
    },
  });
}

/**
 * Leaves nothing half done. A fault of the world will be tried again and adopts what stands; everything else is
 * removed now, unless another runner holds the step, or the failed one is kept for a look.
 */
async function giveUp(
  context: StepWork,
  world: World,
  environment: Environment,
  lane: Lane,
  started: readonly string[],
  error: unknown,
): Promise<void> {
  if (error instanceof LeaseLostError || context.signal.reason === 'lease-lost') return;
  if (context.signal.reason === 'given-back') return;
  const again = error instanceof StepFailure && retryAfter(context.lease, error) !== null;
  if (again && !context.signal.aborted) return;
  // Whoever was paused may think that it must clean up what its successor has put to serve meanwhile.
  await fence(context.engine.parts.store.read, context.lease);
  const kept = await keepFailed(context, error);
  const left = started.filter((name) => name !== kept);
  if (kept !== undefined) await world.gateway.removeServers(environment.slot, lane, [kept], 0);
  await takeBack(context, world, environment, lane, left);
  await compensateEffects(context.engine.parts, context.lease);
}
