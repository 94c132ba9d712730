import type { AppId, StepId } from '../model/ids';
import type { EngineParts } from '../parts';

/** The steps that a runner holds now, for people: `shop#12/test/deliver`. Asked with what every schema has. */
export async function runningSteps({ store }: Pick<EngineParts, 'store'>): Promise<string[]> {
  const rows = await store.read
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .innerJoin('apps', 'apps.id', 'steps.app_id')
    .select(['apps.name as app', 'runs.number', 'steps.name'])
    .where('steps.state', '=', 'running')
    .orderBy('runs.created_at')
    .execute();
  return rows.map(({ app, number, name }) => `${app}#${number}/${name}`);
}

/** Whether a runner holds, or has died with, a step of this app of one of these kinds, other than `but`. */
export async function anyStepRuns(
  parts: EngineParts,
  app: AppId,
  kinds: readonly string[],
  but?: StepId,
): Promise<boolean> {
  const running = parts.store.read
    .selectFrom('steps')
    .select('id')
    .where('app_id', '=', app)
    .where('state', '=', 'running')
    .where('kind', 'in', kinds)
    .limit(1);
  const row = await (but === undefined ? running : running.where('id', '!=', but)).executeTakeFirst();
  return row !== undefined;
}
