import { sql } from 'kysely';
import { ROLLOUT_ROLES } from '../steps/candidates';
import type { StepLease } from '../steps/lease';
import type { Reader } from '../store/store';
import type { Environment } from './find';

/**
 * The releases of an app that a step brings up now, or goes back to: they have no role yet, and it counts on what stands
 * of them, and on their bytes.
 * @param at only in this environment: who brings a release up in production does not count on what stands of it in test
 * @param but a step that asks for itself: its own run does not stand in its way
 */
export async function awaitedReleases(
  db: Reader,
  appId: Environment['appId'],
  { at, but }: { at?: Pick<Environment, 'name' | 'role'>; but?: StepLease } = {},
): Promise<ReadonlySet<string>> {
  const steps = await db
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .select(['steps.run_id', 'steps.stage', 'steps.role', 'steps.verb', 'steps.spec', 'runs.release_id'])
    .where('steps.app_id', '=', appId)
    .where(sql<boolean>`(steps.kind = 'promote' and steps.verb = 'undo' and steps.state in ('pending', 'ready', 'running'))
      or (steps.kind = 'deliver' and steps.verb = 'run' and steps.state = 'running')`)
    .execute();
  const others = steps.filter((step) => step.run_id !== but?.run.id && (at === undefined || actsIn(at, step)));
  const releases = others.map(({ verb, spec, release_id }) =>
    verb === 'run' ? release_id : (JSON.parse(spec) as { to?: string }).to,
  );
  return new Set(releases.filter((id) => id != null));
}

/** Gray stands in production. */
function actsIn({ name, role }: Pick<Environment, 'name' | 'role'>, step: { stage: string; role: string }): boolean {
  return role === 'production' ? ROLLOUT_ROLES.includes(step.role) : step.stage === name;
}
