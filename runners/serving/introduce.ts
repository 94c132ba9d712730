import type { Instance } from '../../engine/instances/record';
import { messageOf, StepFailure } from '../../engine/model/errors';
import type { GatewayServer } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import { fence } from '../../engine/steps/fence';
import type { World } from '../world';
import type { Wanted } from './instance-spec';
import { laneSettings } from './lane-settings';
import { DRAINING, withinStep } from './take-down';

/**
 * Waits until instances that were started are healthy, and makes them known to the gateway, still without traffic. The
 * gateway asks for their health while they boot, and they join the networks of their stage, so that nothing but the
 * boot itself is waited for.
 * @param ones instances of one lane, at least one
 * @returns the names of those that serve; the others are not needed, since another step was first
 * @throws InstanceUnhealthyError for the first that does not get healthy
 */
export async function introduce(
  context: StepWork,
  world: World,
  ones: readonly [Wanted, ...Wanted[]],
): Promise<string[]> {
  const [{ environment, lane }] = ones;
  const done = await context.effect<{ slot: number; lane: string; served?: string[] }>({
    target: `servers ${environment.name}`,
    intent: { slot: environment.slot, lane, names: ones.map(({ name }) => name) },
    find: async () => undefined, // what is there already does not change
    act: async () => {
      const servers = await untilAllHealthy(context, world, ones);
      await clearStrangers(context, world, ones[0]);
      // All of this took its time, and another runner may have gone on with the step meanwhile.
      await fence(context.engine.parts.store.read, context.lease);
      const served = await serve(context, ones, servers);
      // Whoever was first may not have told the gateway yet, and whoever asked for ours switches to theirs now.
      const all = served.length < ones.length ? await serversOf(context, world, ones[0]) : servers;
      await world.gateway.addServers(
        environment.slot,
        lane,
        all.map(({ server }) => server),
      );
      return { slot: environment.slot, lane, served };
    },
  });
  return done.served ?? ones.map(({ name }) => name);
}

/** Everything of the release that serves in its lane, whoever brought it up. */
async function serversOf({ engine }: StepWork, world: World, one: Wanted): Promise<Seen[]> {
  const { environment, lane, release, stage } = one;
  const there = await engine.instances.list({ environmentId: environment.id, lane, releaseId: release.id });
  const serving = there.filter(({ state }) => state === 'serving');
  const seen = await Promise.all(serving.map(({ name }) => serverOf(world, { name, stage })));
  return seen.filter((server) => server !== undefined);
}

/** For what is still open at a release that had the lane before, when nobody gives it its time any more, ms. */
const STRANGERS_DRAIN_MS = 1_000;

/** Nobody who comes to the new release may meet what is left of the one that had the lane before. */
async function clearStrangers(context: StepWork, world: World, one: Wanted): Promise<void> {
  const { environment, lane } = one;
  const there = await world.gateway.listServers(environment.slot, lane);
  if (there.length === 0) return;
  const instances = await context.engine.instances.list({ environmentId: environment.id });
  const staying = instances.filter(({ state }) => state !== 'draining').map(({ name }) => name);
  const left = there.map(({ name }) => name).filter((name) => !staying.includes(name));
  if (left.length === 0) return;
  const going = instances.filter(({ name }) => left.includes(name));
  await world.gateway.removeServers(environment.slot, lane, left, await drainOfStrangers(context, one, going));
}

/**
 * A lane is given up before it is drained. Whoever did that may have been cut off since; while another step runs, a way
 * back beside a forward run, it may be draining right now, and what is open has the time that its release asked for.
 */
async function drainOfStrangers(
  { engine, lease }: StepWork,
  { stageName }: Wanted,
  going: readonly Instance[],
): Promise<number> {
  if (!(await engine.runs.anyStepRuns(lease.app.id, DRAINING, lease.stepId))) return STRANGERS_DRAIN_MS;
  const releases = [...new Set(going.map(({ release_id }) => release_id))];
  const found = await Promise.all(releases.map((id) => engine.releases.find(id)));
  const drains = found.map((release) => laneSettings(release, stageName)?.drain ?? 0);
  return withinStep(lease, Math.max(STRANGERS_DRAIN_MS, ...drains));
}

interface Seen {
  container: string;
  server: GatewayServer;
}

/** While the instances boot they are asked twice: here, for what their release calls healthy, and by the gateway. */
async function untilAllHealthy(
  context: StepWork,
  world: World,
  ones: readonly [Wanted, ...Wanted[]],
): Promise<readonly Seen[]> {
  const found = await Promise.all(ones.map((one) => serverOf(world, one)));
  const servers = found.filter((one) => one !== undefined);
  const joined = ones.map(({ name, environment }) => world.cluster.joinStage(name, environment.name));
  const prepared = prepare(context, world, ones[0], servers);
  try {
    await Promise.all([...ones.map((one) => untilHealthy(context, world, one)), ...joined]);
  } finally {
    // Nothing comes into being while others take back what there is.
    await Promise.allSettled([prepared, ...joined]);
  }
  return servers;
}

/** How the gateway reaches the instance; undefined when it does not run: waiting for its health will tell why. */
async function serverOf(world: World, { name, stage }: Pick<Wanted, 'name' | 'stage'>): Promise<Seen | undefined> {
  const seen = await world.cluster.findInstance(name);
  if (seen === undefined || !seen.running) return undefined;
  const { port, health } = stage.serve;
  const server = { name, address: seen.address, port, dnsName: seen.dnsName, healthPath: health.path };
  return { container: seen.id, server };
}

/** Saves time and nothing else: a gateway that cannot be told now is told everything when the instances are healthy. */
async function prepare(
  { log }: StepWork,
  world: World,
  { environment, lane }: Wanted,
  seen: readonly Seen[],
): Promise<void> {
  const servers = seen.map(({ server }) => server);
  await world.gateway.prepareServers(environment.slot, lane, servers).catch((error) => {
    log(`the gateway does not look at the new instances yet: ${messageOf(error)}`);
  });
}

async function untilHealthy({ engine, log, signal }: StepWork, world: World, { name, stage }: Wanted): Promise<void> {
  const began = engine.parts.clock.now();
  const { path, status, within: withinMs } = stage.serve.health;
  const health = { path, status, withinMs, port: stage.serve.port };
  await world.cluster.waitHealthy(name, health, signal, (line) => log(`${name}: ${line}`));
  log(`${name}: healthy after ${engine.parts.clock.now() - began} ms (GET ${path})`);
}

/** From now on the records say that the gateway should have them, unless others serve already. @returns their names */
async function serve(
  { engine, lease }: StepWork,
  ones: readonly [Wanted, ...Wanted[]],
  seen: readonly Seen[],
): Promise<string[]> {
  const lost = ones.find(({ name }) => !seen.some(({ server }) => server.name === name));
  if (lost !== undefined) {
    throw new StepFailure('world', `${lost.name} did not run, and then was healthy`, 'see who else starts containers');
  }
  const [{ environment, lane, release, stage }] = ones;
  return engine.instances.serve(
    lease,
    { environmentId: environment.id, lane, releaseId: release.id, wanted: stage.serve.instances },
    seen.map(({ container, server: { name, address } }) => ({ name, container, address })),
  );
}
