import type { EngineParts } from '../parts';
import type { Lane } from '../ports/gateway';
import { emptyLane, looseLanes } from '../rollout/traffic';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Tx } from '../store/store';
import { awaitedReleases } from './awaited';
import { changeTrafficIn } from './change';
import { type Environment, environmentRow, toEnvironment } from './find';

/**
 * Gives up a lane that no role names. Decided, and its instances marked, in one transaction: a rollback to its release
 * at the same moment finds them standing, or finds them gone and starts others. Who has begun to bring its release up, or
 * to go back to it, comes first.
 * @param seen the environment in which the lane was found without a role
 * @returns the names of the instances that go now; none when the lane has another release or a role by now, or is awaited
 * @throws LeaseLostError for a late actor
 */
export async function vacateLane(
  parts: EngineParts,
  lease: StepLease,
  seen: Pick<Environment, 'id' | 'traffic'>,
  lane: Lane,
): Promise<string[]> {
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const row = await environmentRow(tx, seen.id);
    const { traffic } = toEnvironment(row, '');
    const release = traffic.lanes[lane];
    if (release === null || release !== seen.traffic.lanes[lane] || !looseLanes(traffic).includes(lane)) return [];
    if ((await awaitedReleases(tx, row.app_id, { at: row, but: lease })).has(release)) return [];
    await changeTrafficIn(parts, tx, { lease }, seen.id, (t) => emptyLane(t, lane));
    return markDraining(tx, seen.id, lane, release);
  });
}

/** Marks what stands of a release in a lane as going. @returns the names */
export async function markDraining(
  tx: Tx,
  environmentId: Environment['id'],
  lane: Lane,
  release: string,
): Promise<string[]> {
  const rows = await tx
    .updateTable('instances')
    .set({ state: 'draining' })
    .where('environment_id', '=', environmentId)
    .where('lane', '=', lane)
    .where('release_id', '=', release as never)
    .where('state', 'not in', ['gone', 'kept'])
    .returning('name')
    .execute();
  return rows.map(({ name }) => name);
}
