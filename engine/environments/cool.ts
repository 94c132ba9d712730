import type { EngineParts } from '../parts';
import { dropWarm, emptyLane } from '../rollout/traffic';
import { awaitedReleases } from './awaited';
import { changeTrafficIn } from './change';
import { type Environment, environmentRow, toEnvironment } from './find';
import { markDraining } from './vacate';

/**
 * Stops keeping warm what has stood warm long enough. Decided, and its instances marked, in one transaction: a rollback
 * at the same moment finds them warm, or finds them gone and starts others, but never switches to what is going. One that
 * has begun keeps them.
 * @returns the environment as it is now; undefined when nothing is due.
 */
export async function coolEnvironment(
  parts: EngineParts,
  environmentId: Environment['id'],
): Promise<Environment | undefined> {
  return parts.store.write(async (tx) => {
    const row = await environmentRow(tx, environmentId);
    const { warm, lanes } = toEnvironment(row, '').traffic;
    const release = warm === null ? null : lanes[warm];
    if (warm === null || release === null) return undefined;
    if (row.warm_until === null || row.warm_until > parts.clock.now()) return undefined;
    if ((await awaitedReleases(tx, row.app_id, { at: row })).has(release)) return undefined;
    const move = (traffic: Environment['traffic']) => emptyLane(dropWarm(traffic), warm);
    const { after } = await changeTrafficIn(parts, tx, { rule: 'keep-warm' }, environmentId, move, { warmUntil: null });
    await markDraining(tx, environmentId, warm, release);
    return after;
  });
}
