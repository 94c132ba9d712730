import { messageOf, StepFailure } from '../../engine/model/errors';
import type { GatewayServer } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import { fence } from '../../engine/steps/fence';
import type { World } from '../world';
import type { Wanted } from './instance-spec';

/**
 * Waits until instances that were started are healthy, and makes them known to the gateway, still without traffic. The
 * gateway asks for their health while they boot, and they join the networks of their stage, so that nothing but the
 * boot itself is waited for.
 * @param ones instances of one lane, at least one
 * @throws InstanceUnhealthyError for the first that does not get healthy
 */
export async function introduce(context: StepWork, world: World, ones: readonly [Wanted, ...Wanted[]]): Promise<void> {
  const [{ environment, lane }] = ones;
  await context.effect({
    target: `servers ${environment.name}`,
    intent: { slot: environment.slot, lane, names: ones.map(({ name }) => name) },
    find: async () => undefined, // what is there already does not change
    act: async () => {
      const joined = ones.map((one) => world.cluster.joinStage(one.name, environment.name));
      const [servers] = await Promise.all([untilAllHealthy(context, world, ones), ...joined]);
      // The boot took its time, and another runner may have gone on with the step meanwhile.
      await fence(context.engine.parts.store.read, context.lease);
      await clearStrangers(context, world, ones[0]);
      await serve(context, ones, servers);
      await world.gateway.addServers(
        environment.slot,
        lane,
        servers.map(({ server }) => server),
      );
      return { slot: environment.slot, lane };
    },
  });
}

/** For what is still open at a release that had the lane before and had lost all of its traffic, ms. */
const STRANGERS_DRAIN_MS = 1_000;

/**
 * Whoever took down the release that had the lane before may have been cut off after the lane was given up: nobody who
 * comes to the new release may meet what is left of it.
 */
async function clearStrangers({ engine }: StepWork, world: World, { environment, lane }: Wanted): Promise<void> {
  const there = await world.gateway.listServers(environment.slot, lane);
  if (there.length === 0) return;
  const instances = await engine.instances.list({ environmentId: environment.id });
  const staying = instances.filter(({ state }) => state !== 'draining').map(({ name }) => name);
  const left = there.map(({ name }) => name).filter((name) => !staying.includes(name));
  if (left.length > 0) await world.gateway.removeServers(environment.slot, lane, left, STRANGERS_DRAIN_MS);
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
  const prepared = prepare(context, world, ones[0], servers);
  try {
    await Promise.all(ones.map((one) => untilHealthy(context, world, one)));
  } finally {
    await prepared; // nothing comes into being while others take back what there is
  }
  return servers;
}

/** How the gateway reaches the instance; undefined when it does not run: waiting for its health will tell why. */
async function serverOf(world: World, { name, stage }: Wanted): Promise<Seen | undefined> {
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

/** From now on the records say that the gateway should have them. */
async function serve({ engine }: StepWork, ones: readonly Wanted[], seen: readonly Seen[]): Promise<void> {
  const lost = ones.find(({ name }) => !seen.some(({ server }) => server.name === name));
  if (lost !== undefined) {
    throw new StepFailure('world', `${lost.name} did not run, and then was healthy`, 'see who else starts containers');
  }
  await Promise.all(
    seen.map(({ container, server: { name, address } }) =>
      engine.instances.move(name, { state: 'serving', container, address }),
    ),
  );
}
