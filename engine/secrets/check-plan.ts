import type { Plan, PlannedStep, StageSpec } from '../../pipelines/types';
import { findAppIn } from '../apps/find';
import type { EngineParts } from '../parts';
import type { SecretsWanted } from '../ports/secrets';
import type { StepLease } from '../steps/lease';
import { plainSize } from '../store/vault';
import { checkStepSecrets } from './names';
import { demandTrusted, inPlace, notSet } from './open';

/** What one step is given. */
interface Wish extends Pick<SecretsWanted, 'names' | 'stage'> {
  /** The step, in words. */
  of: string;
}

/**
 * Refuses a plan whose steps would be refused their secrets anyway, before anything is built: its branch is not
 * protected, one of them is not set, or they are too much. It gives nothing: each step asks for its own when it begins.
 * @throws StepFailure (user) that says what is missing, or too much
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
    .select(['name', 'environment', 'sealed'])
    .where('app_id', '=', app.id)
    .where('name', 'in', names)
    .execute();
  for (const { names: wanted, stage, of } of wishes) {
    const given = wanted.map((name) => {
      const row = inPlace(rows, name, stage);
      if (row === undefined) throw notSet(app.name, name, stage);
      return row;
    });
    checkStepSecrets(
      of,
      given.map(({ sealed }) => plainSize(sealed)),
    );
  }
}

function wishOfStep(step: PlannedStep): Wish[] {
  const isBuild = step.kind === 'command' || step.kind === 'build-artifact';
  return isBuild ? [{ names: step.spec.secrets ?? [], stage: null, of: step.name }] : [];
}

function wishesOfStage({ name, role, serve, verify }: StageSpec): Wish[] {
  const stage = { name, production: role !== 'environment' };
  const checks = verify.flatMap((check) => (check.kind === 'run' ? (check.secrets ?? []) : []));
  return [
    { names: serve.secrets ?? [], stage, of: `${name}/deliver` },
    { names: [...new Set(checks)], stage, of: `${name}/verify` },
  ];
}
