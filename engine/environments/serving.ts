import { GantryError } from '../model/errors';
import { laneOf } from '../rollout/traffic';
import type { Tx } from '../store/store';
import type { Environment } from './find';

/**
 * Asked in the transaction that switches to a release. The lane of one that comes back while its old instances still
 * leave has servers of the gateway for a while, and none that stays.
 * @throws GantryError `release-gone` when no instance of the release serves in its lane
 */
export async function mustServe(
  tx: Tx,
  { id, app, name, traffic }: Pick<Environment, 'id' | 'app' | 'name' | 'traffic'>,
  release: string,
): Promise<void> {
  const lane = laneOf(traffic, release);
  const serving =
    lane === undefined
      ? undefined
      : await tx
          .selectFrom('instances')
          .select('id')
          .where('environment_id', '=', id)
          .where('lane', '=', lane)
          .where('release_id', '=', release as never)
          .where('state', '=', 'serving')
          .limit(1)
          .executeTakeFirst();
  if (serving !== undefined) return;
  throw new GantryError(
    'conflict',
    'release-gone',
    `the traffic of ${app} in ${name} stays as it is: no instance of the release serves there any more`,
    `see it: gantry app show ${app}`,
  );
}
