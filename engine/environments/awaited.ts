import { sql } from 'kysely';
import type { StepLease } from '../steps/lease';
import type { Reader } from '../store/store';
import type { Environment } from './find';

/**
 * The releases of an app that a step brings up now, or goes back to: they have no role yet, and it counts on what stands
 * of them, and on their bytes.
 * @param but a step that asks for itself: its own run does not stand in its way
 */
export async function awaitedReleases(
  db: Reader,
  appId: Environment['appId'],
  but?: StepLease,
): Promise<ReadonlySet<string>> {
  const steps = await db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select(['steps.run_id', 'steps.verb', 'steps.spec', 'runs.release_id'])
    .where('steps.app_id', '=', appId)
    .where(sql<boolean>`(steps.kind = 'promote' and steps.verb = 'undo' and steps.state in ('pending', 'ready', 'running'))
      or (steps.kind = 'deliver' and steps.verb = 'run' and steps.state = 'running')`)
    .execute();
  const others = steps.filter(({ run_id }) => run_id !== but?.run.id);
  const releases = others.map(({ verb, spec, release_id }) =>
    verb === 'run' ? release_id : (JSON.parse(spec) as { to?: string }).to,
  );
  return new Set(releases.filter((id) => id != null));
}
