import type { Environment } from '../../engine/environments/find';
import { LeaseLostError, StepFailure } from '../../engine/model/errors';
import type { InjectedFile, InstanceSpec } from '../../engine/ports/cluster';
import { InstanceUnhealthyError } from '../../engine/ports/cluster';
import type { GatewayServer, Lane } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import type { Release } from '../../engine/releases/find';
import { imageOfStage, type ReleaseStage } from '../../engine/releases/record';
import { place } from '../../engine/rollout/traffic';
import { compensateEffects, effectKey } from '../../engine/steps/effect';
import { WORLD_ATTEMPTS } from '../../engine/steps/lease';
import type { World } from '../world';
import { artifactPlace } from './artifact-place';
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
  const settings = laneSettings(release, stageName);
  const placed = await engine.environments.change(
    { lease },
    environment.id,
    (t) => place(t, release.id, settings).traffic,
  );
  const { lane } = place(placed.traffic, release.id);
  const names = await missingNames(context, world, environment, lane, stage.serve.instances);
  if (names.length === 0) return { lane, instances: [] };
  await world.gateway.keepNames(await engine.environments.insideNames(environment.cluster));
  try {
    await Promise.all(
      names.map((one) => startOne(context, world, { environment, release, stageName, stage, lane, ...one })),
    );
    await introduce(
      context,
      world,
      environment,
      stage,
      lane,
      names.map((one) => one.name),
    );
  } catch (error) {
    const started = names.map((one) => one.name);
    await giveUp(context, world, environment, lane, started, error);
    throw error instanceof InstanceUnhealthyError ? unhealthy(error, log) : error;
  }
  return { lane, instances: names.map((one) => one.name) };
}

/**
 * Has instances that were brought up come back by themselves from now on. It takes its time, and only a restart will
 * ask for it: whoever switches to them does not wait for it first.
 */
export async function keepUp(world: World, { instances }: BroughtUp): Promise<void> {
  await Promise.all(instances.map((name) => world.cluster.keepRunning(name)));
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

interface One {
  environment: Environment;
  release: Release;
  stageName: string;
  stage: ReleaseStage;
  lane: Lane;
  name: string;
  ordinal: number;
}

async function startOne(context: StepWork, world: World, one: One): Promise<void> {
  const { engine, lease, log, signal } = context;
  const { serve } = one.stage;
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
        port: serve.port,
      });
      const began = engine.parts.clock.now();
      const seen = await world.cluster.startInstance(specOf(context, one, key));
      log(`${one.name}: container ${seen.id.slice(0, 12)} started in ${engine.parts.clock.now() - began} ms`);
      return { container: seen.id };
    },
  });
  const began = engine.parts.clock.now();
  const health = {
    path: serve.health.path,
    status: serve.health.status,
    withinMs: serve.health.within,
    port: serve.port,
  };
  await world.cluster.waitHealthy(one.name, health, signal, (line) => log(`${one.name}: ${line}`));
  log(`${one.name}: healthy after ${engine.parts.clock.now() - began} ms (GET ${serve.health.path})`);
}

async function introduce(
  context: StepWork,
  world: World,
  environment: Environment,
  stage: ReleaseStage,
  lane: Lane,
  names: readonly string[],
): Promise<void> {
  const servers: GatewayServer[] = [];
  for (const name of names) {
    const seen = await world.cluster.findInstance(name);
    if (seen === undefined || !seen.running) {
      throw new StepFailure('user', `${name} was healthy and then ended`, 'look at its last lines in this log');
    }
    await context.engine.instances.move(name, { state: 'serving', container: seen.id, address: seen.address });
    servers.push({
      name,
      address: seen.address,
      port: stage.serve.port,
      dnsName: seen.dnsName,
      healthPath: stage.serve.health.path,
    });
  }
  await context.effect({
    target: `servers ${environment.name}`,
    intent: { slot: environment.slot, lane, names: [...names] },
    find: async () => undefined, // adding servers that are there already changes nothing
    act: async () => {
      await world.gateway.addServers(environment.slot, lane, servers);
      return { slot: environment.slot, lane };
    },
  });
}

function specOf(context: StepWork, one: One, key: string): InstanceSpec {
  const { lease } = context;
  const { serve } = one.stage;
  return {
    name: one.name,
    labels: {
      app: lease.app.name,
      environment: one.environment.name,
      run: String(lease.run.number),
      step: lease.name,
      epoch: lease.epoch,
      release: String(one.release.number),
      effect: key,
      role: 'instance',
    },
    image: imageOf(one),
    port: serve.port,
    env: {
      ...serve.env,
      GANTRY_APP: lease.app.name,
      GANTRY_RELEASE: `${lease.app.name}-${one.release.number}`,
      GANTRY_RELEASE_HASH: one.release.hash,
      GANTRY_COMMIT: one.release.record.commit,
      GANTRY_ENVIRONMENT: one.environment.name,
      PORT: String(serve.port),
    },
    inject: [...injectedArtifact(one), ...one.stage.files.map((f) => ({ ...configFile(f) }))],
    resources: serve.resources,
    stopGraceMs: serve.drain,
  };
}

function imageOf(one: One): string {
  const image = imageOfStage(one.release.record, one.stageName);
  if (image === null) throw new StepFailure('gantry', `release ${one.release.number} has no base to inject into`);
  return image;
}

function injectedArtifact(one: One): InjectedFile[] {
  const { artifact } = one.release.record;
  if (one.stage.deliver !== 'inject' || artifact === null) return [];
  return [{ to: artifactPlace(artifact), from: { digest: artifact.digest }, mode: 0o644, verify: true }];
}

const configFile = (file: { to: string; digest: string }): InjectedFile => ({
  to: file.to,
  from: { digest: file.digest },
  mode: 0o644,
  verify: true,
});

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
  const again = error instanceof StepFailure && error.fault === 'world' && context.lease.attempt < WORLD_ATTEMPTS;
  if (again && !context.signal.aborted) return;
  const kept = await keepFailed(context, error);
  const left = started.filter((name) => name !== kept);
  await takeBack(context, world, environment, lane, left);
  await compensateEffects(context.engine.parts, context.lease);
}
