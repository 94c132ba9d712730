import type { Plan } from '../../pipelines/types';
import { findApp } from '../apps/find';
import { GantryError } from '../model/errors';
import type { StepState } from '../model/states';
import type { EngineParts } from '../parts';
import type { Tables } from '../store/tables';
import type { RunRow, StepRow } from './apply';

export interface RunFound {
  app: Tables['apps'];
  row: RunRow;
  steps: StepRow[];
  plan: Plan | undefined;
}

/** A run by its number in the app, with its steps in order. @throws GantryError `app-unknown`, `run-unknown`. */
export async function findRun(parts: EngineParts, appName: string, number: number): Promise<RunFound> {
  const app = await findApp(parts, appName);
  const row = await parts.store.read
    .selectFrom('runs')
    .selectAll()
    .where('app_id', '=', app.id)
    .where('number', '=', number)
    .executeTakeFirst();
  if (row === undefined) {
    throw new GantryError(
      'not-found',
      'run-unknown',
      `${appName} has no run ${number}`,
      `see its runs: gantry run list ${appName}`,
    );
  }
  return { app, row, steps: await stepsOf(parts, row.id), plan: planOf(row) };
}

const stepsOf = (parts: EngineParts, runId: string): Promise<StepRow[]> =>
  parts.store.read
    .selectFrom('steps')
    .selectAll()
    .where('run_id', '=', runId as never)
    .orderBy('position')
    .execute();

/** Of one step alone: for those who ask often. Undefined for a step that is not there. */
export async function stepState(parts: EngineParts, stepId: string): Promise<StepState | undefined> {
  const row = await parts.store.read
    .selectFrom('steps')
    .select('state')
    .where('id', '=', stepId as never)
    .executeTakeFirst();
  return row?.state;
}

export const planOf = (row: RunRow): Plan | undefined =>
  row.plan === null ? undefined : (JSON.parse(row.plan) as Plan);

/** Newest first. */
export async function listRuns(
  parts: EngineParts,
  filter: { app?: string; limit: number },
): Promise<(RunRow & { app: string })[]> {
  let query = parts.store.read
    .selectFrom('runs')
    .innerJoin('apps', 'apps.id', 'runs.app_id')
    .selectAll('runs')
    .select('apps.name as app')
    .orderBy('runs.created_at', 'desc')
    .orderBy('runs.number', 'desc')
    .limit(filter.limit);
  if (filter.app !== undefined) query = query.where('apps.name', '=', filter.app);
  return query.execute();
}
