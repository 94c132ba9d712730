import { type AppFound, findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { StepFailure } from '../model/errors';
import type { RunId } from '../model/ids';
import type { EngineParts } from '../parts';
import type { SecretFile, SecretsWanted } from '../ports/secrets';
import { planOfRun } from '../runs/recent-plans';
import { fence } from '../steps/fence';
import type { StepLease } from '../steps/lease';
import type { Reader, Tx } from '../store/store';
import { plainSize } from '../store/vault';
import { checkStepSecrets, EVERYWHERE, PRODUCTION, secretPurpose } from './names';
import { isProtected } from './protect';

/**
 * Opens secrets for a step. Only pipelines of protected branches get any; production's only once the people whom the
 * pipeline asks in that stage have agreed. Each opening is audited.
 * @throws LeaseLostError; StepFailure (user) that says what is missing, or too much; GantryError `secret-key`, `sealed-damaged`.
 */
export async function openSecrets(parts: EngineParts, lease: StepLease, wanted: SecretsWanted): Promise<SecretFile[]> {
  if (wanted.names.length === 0) return [];
  const origin = (wanted.release?.runId ?? lease.run.undoesRun ?? lease.run.id) as RunId;
  const asks = await asksPeople(parts, origin, wanted.stage);
  return parts.store.write(async (tx) => {
    await fence(tx, lease);
    const app = await findAppIn(tx, lease.app.name);
    await demandTrusted(tx, app, origin, wanted.names);
    if (asks) await demandApproved(tx, lease, wanted);
    const rows = await tx
      .selectFrom('secrets')
      .select(['name', 'environment', 'sealed'])
      .where('app_id', '=', app.id)
      .where('environment', 'in', placesOf(wanted.stage))
      .where('name', 'in', wanted.names)
      .execute();
    const found = wanted.names.map((name) => {
      const row = inPlace(rows, name, wanted.stage);
      if (row === undefined) throw notSet(app.name, name, wanted.stage);
      return row;
    });
    // The values may be others than when the run was planned.
    checkStepSecrets(
      lease.name,
      found.map(({ sealed }) => plainSize(sealed)),
    );
    const detail = { names: found.map(({ name }) => name), stage: wanted.stage?.name ?? 'build' };
    const object = `${app.name}#${lease.run.number}/${lease.name}`;
    const actor = `runner:${lease.owner}`;
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'secret.give', object, detail });
    return found.map(({ name, environment, sealed }) => ({
      name,
      value: parts.vault.open(secretPurpose(app.id, environment, name), sealed),
    }));
  });
}

/** The first one counts. Production takes none but its own: a password of the test must not end up there. */
export function placesOf(stage: SecretsWanted['stage']): string[] {
  if (stage === null) return [EVERYWHERE];
  return stage.production ? [PRODUCTION] : [stage.name, EVERYWHERE];
}

/** The row whose value is given, of those in `placesOf`. */
export function inPlace<R extends { name: string; environment: string }>(
  rows: readonly R[],
  name: string,
  stage: SecretsWanted['stage'],
): R | undefined {
  const own = rows.filter((row) => row.name === name);
  return placesOf(stage).flatMap((place) => own.filter(({ environment }) => environment === place))[0];
}

/** Does the pipeline ask people in this stage before production's secrets leave? In doubt it does. */
async function asksPeople(parts: EngineParts, origin: RunId, stage: SecretsWanted['stage']): Promise<boolean> {
  if (stage === null || !stage.production) return false;
  const plan = await planOfRun(parts, origin);
  return plan?.stages.find(({ name }) => name === stage.name)?.approve !== null;
}

/** A pipeline counts as its branch's only when it was read from a commit there. */
export async function demandTrusted(tx: Reader, app: AppFound, origin: RunId, names: readonly string[]): Promise<void> {
  const run = await tx
    .selectFrom('runs')
    .innerJoin('steps', (join) => join.onRef('steps.run_id', '=', 'runs.id').on('steps.name', '=', 'plan'))
    .select(['runs.ref', 'runs.number', 'steps.spec'])
    .where('runs.id', '=', origin)
    .executeTakeFirst();
  const what = `run ${run?.number ?? ''} asks for ${names.join(', ')}`;
  if (run !== undefined && (JSON.parse(run.spec) as { pipeline?: string }).pipeline !== undefined) {
    const message = `${what}, and its pipeline came with it instead of from a protected branch`;
    throw new StepFailure('user', message, 'commit the pipeline to a protected branch');
  }
  if (run !== undefined && (await isProtected(tx, app, run.ref))) return;
  const message = `${what}, and ${run?.ref ?? 'its branch'} is not protected: pipelines from there get no secrets`;
  throw new StepFailure('user', message, `merge it first, or let it have them: gantry app protect ${app.name}`);
}

/** An approval of the stage, of this run or of the one that the release came with, is granted or was used. */
async function demandApproved(tx: Tx, lease: StepLease, { stage, release, names }: SecretsWanted): Promise<void> {
  const approved = await tx
    .selectFrom('approvals')
    .innerJoin('steps', 'steps.id', 'approvals.step_id')
    .select('approvals.id')
    .where('steps.stage', '=', stage?.name ?? '')
    .where('approvals.state', 'in', ['granted', 'consumed'])
    .where(({ eb, or, selectFrom }) => {
      const own = eb('approvals.run_id', '=', lease.run.id);
      if (release === undefined) return own;
      const others = selectFrom('runs')
        .select('runs.id')
        .where('runs.release_id', '=', release.id as never);
      return or([own, eb('approvals.run_id', 'in', others)]);
    })
    .limit(1)
    .executeTakeFirst();
  if (approved !== undefined) return;
  const message = `${names.join(', ')} of production are given only after the approval of ${stage?.name}`;
  throw new StepFailure('user', message, 'nobody has agreed yet; start the run again, so that people are asked first');
}

/** What to do about a secret that nobody has set. */
export function notSet(app: string, name: string, stage: SecretsWanted['stage']): StepFailure {
  const place = stage?.production ? PRODUCTION : EVERYWHERE;
  const where = stage === null ? 'builds' : stage.production ? PRODUCTION : stage.name;
  const option = place === EVERYWHERE ? '' : ` --environment ${place}`;
  const next = `set it: gantry secret set ${app} ${name}${option} < FILE`;
  return new StepFailure('user', `the secret ${name} is not set for ${where}`, next);
}
