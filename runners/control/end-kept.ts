import type { Engine } from '../../engine/engine';
import type { World } from '../world';

/** A failed instance that is let go is given little time: nobody waits for its answers. */
const GRACE_MS = 2_000;

/** Removes failed instances that were kept for a look long enough, or that somebody has looked at. */
export async function endKept(engine: Engine, world: World): Promise<void> {
  for (const { name } of await engine.instances.overdue(world.cluster.name)) {
    await world.cluster.removeInstance(name, GRACE_MS);
    await engine.instances.move(name, { state: 'gone' });
    engine.parts.log.info({ instance: name, rule: 'keep-failed' }, 'a failed instance that was kept is removed');
  }
}
