import type { Plan, PlannedStep, StageSpec } from '../../pipelines/types';
import { findAppIn } from '../apps/find';
import type { EngineParts } from '../parts';
import type { SecretsWanted } from '../ports/secrets';
import type { StepLease } from '../steps/lease';
import { demandTrusted, notSet, placesOf } from './open';

/** Names, and what they are for. */
type Wish = Pick<SecretsWanted, 'names' | 'stage'>;

/**
 * Refuses a plan whose steps would be refused their secrets anyway, before anything is built: its branch is not
 * protected, or one of them is not set. It gives nothing: each step asks for its own when it begins.
 * @throws StepFailure (user) that says what is missing
 */
export async function checkPlanSecrets(parts: EngineParts, lease: StepLease, plan: Plan): Promise<void> {
  const wishes = [...plan.steps.flatMap(wishOfStep), ...plan.stages.flatMap(wishesOfStage)];
  const names = [...new Set(wishes.flatMap((wish) => wish.names))];
  if (names.length === 0) return;
  const db = parts.store.read;
  const app = await findAppIn(db, lease.app.name);
  await demandTrusted(db, app, lease.run.id, names);
  const rows = await db
    .selectFrom('secrets')
    .select(['name', 'environment'])
    .where('app_id', '=', app.id)
    .where('name', 'in', names)
    .execute();
  for (const { names: wanted, stage } of wishes) {
    const places = placesOf(stage);
    const isSet = (name: string) => rows.some((row) => row.name === name && places.includes(row.environment));
    const missing = wanted.find((name) => !isSet(name));
    if (missing !== undefined) throw notSet(app.name, missing, stage);
  }
}

function wishOfStep(step: PlannedStep): Wish[] {
  const isBuild = step.kind === 'command' || step.kind === 'build-artifact';
  return isBuild ? [{ names: step.spec.secrets ?? [], stage: null }] : [];
}

function wishesOfStage({ name, role, serve, verify }: StageSpec): Wish[] {
  const stage = { name, production: role !== 'environment' };
  const checks = verify.flatMap((check) => (check.kind === 'run' ? [check.secrets ?? []] : []));
  return [serve.secrets ?? [], ...checks].map((names) => ({ names, stage }));
}
