import type { Environment } from '../environments/find';
import type { EngineParts } from '../parts';
import type { Lane } from '../ports/gateway';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import { moveInstanceIn } from './record';

/** An instance that was seen to be healthy. */
export interface Standing {
  name: string;
  container: string;
  address: string;
}

/**
 * From now on the records say that the gateway should have these: as many of them as their lane still lacks. A way back
 * that a person asks for and one that a failed run takes by itself may bring the same release up at the same time, and
 * whoever is healthy first serves.
 * @returns the names of those that serve; the others of `ones` are nobody's
 * @throws LeaseLostError for a late actor
 */
export async function serveInstances(
  parts: EngineParts,
  lease: StepLease,
  place: { environmentId: Environment['id']; lane: Lane; releaseId: string; wanted: number },
  ones: readonly Standing[],
): Promise<string[]> {
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const serving = await tx
      .selectFrom('instances')
      .select('name')
      .where('environment_id', '=', place.environmentId)
      .where('lane', '=', place.lane)
      .where('release_id', '=', place.releaseId as never)
      .where('state', '=', 'serving')
      .execute();
    const others = serving.filter(({ name }) => !ones.some((one) => one.name === name));
    const served = ones.slice(0, Math.max(0, place.wanted - others.length));
    for (const { name, ...seen } of served) await moveInstanceIn(parts, tx, name, { state: 'serving', ...seen });
    return served.map(({ name }) => name);
  });
}
