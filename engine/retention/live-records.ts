import { sql } from 'kysely';
import type { EngineParts } from '../parts';
import type { LiveRecords } from './judge';

/** What the records say now of the instances with these names, and of everything that is at work. */
export async function liveRecords({ store }: EngineParts, names: readonly string[]): Promise<LiveRecords> {
  const instances =
    names.length === 0
      ? []
      : await store.read
          .selectFrom('instances')
          .select(['name', 'state', 'ended_at'])
          .where('name', 'in', names)
          .execute();
  const environments = await store.read
    .selectFrom('environments')
    .innerJoin('apps', 'apps.id', 'environments.app_id')
    .select(['apps.name as app', 'environments.name', 'environments.role'])
    .execute();
  const running = await store.read
    .selectFrom('steps')
    .innerJoin('runs', 'runs.id', 'steps.run_id')
    .innerJoin('apps', 'apps.id', 'steps.app_id')
    .select(['apps.name as app', 'runs.number as run', 'steps.name as step', 'steps.epoch'])
    // Literal, so that the index of open steps is used.
    .where(sql<boolean>`steps.state = 'running'`)
    .execute();
  return {
    instances: new Map(instances.map((row) => [row.name, { state: row.state, endedAt: row.ended_at }])),
    environments,
    running,
  };
}
