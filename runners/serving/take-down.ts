import type { Environment } from '../../engine/environments/find';
import type { Lane } from '../../engine/ports/gateway';
import type { StepWork } from '../../engine/ports/step-kind';
import { emptyLane } from '../../engine/rollout/traffic';
import type { World } from '../world';

/** Longest wait for the last answers of instances that leave, ms. */
export const DRAIN_MS = 30_000;
/** How long a process may take to end on SIGTERM after it was drained, ms. */
const STOP_GRACE_MS = 10_000;

/**
 * Drains and removes everything in a lane that has no role any more: no new requests, wait until the last answer,
 * leave the gateway, stop, remove. In this order, so that no request fails.
 */
export async function takeDown(
  context: Pick<StepWork, 'engine' | 'lease' | 'log'>,
  world: World,
  environment: Environment,
  lane: Lane,
  options: { drainMs: number },
): Promise<string[]> {
  const { engine, lease, log } = context;
  const names = await clearLane(engine, world, environment, lane, options.drainMs, log);
  await engine.environments.change({ lease }, environment.id, (t) => (t.lanes[lane] === null ? t : emptyLane(t, lane)));
  return names;
}

/** The world's half of it: also used by the rule that ends what was kept warm. */
export async function clearLane(
  engine: StepWork['engine'],
  world: World,
  environment: Environment,
  lane: Lane,
  drainMs: number,
  log: (line: string) => void,
): Promise<string[]> {
  const instances = await engine.instances.list({ environmentId: environment.id, lane });
  const names = instances.map((i) => i.name);
  for (const name of names) await engine.instances.move(name, { state: 'draining' });
  if (names.length > 0) {
    const began = engine.parts.clock.now();
    await world.gateway.removeServers(environment.slot, lane, names, drainMs);
    log(`drained lane ${lane} of ${environment.name} in ${engine.parts.clock.now() - began} ms`);
  }
  await Promise.all(
    names.map(async (name) => {
      await world.cluster.removeInstance(name, STOP_GRACE_MS);
      await engine.instances.move(name, { state: 'gone' });
      log(`${name}: removed`);
    }),
  );
  return names;
}
