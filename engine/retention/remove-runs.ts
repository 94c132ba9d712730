import type { ReleaseId, RunId } from '../model/ids';
import type { Tx } from '../store/store';

/** Removes runs with everything that hangs on them, in the order that foreign keys ask for. */
export async function removeRuns(tx: Tx, runs: readonly RunId[], releases: readonly ReleaseId[]): Promise<void> {
  if (runs.length === 0) return;
  const steps = tx.selectFrom('steps').select('id').where('run_id', 'in', runs);
  const approvals = tx.selectFrom('approvals').select('id').where('step_id', 'in', steps);
  await tx.deleteFrom('glass_breaks').where('run_id', 'in', runs).execute();
  await tx.deleteFrom('approval_votes').where('approval_id', 'in', approvals).execute();
  await tx.deleteFrom('approvals').where('step_id', 'in', steps).execute();
  await tx.deleteFrom('effects').where('step_id', 'in', steps).execute();
  for (const table of ['events', 'registry_credentials', 'run_people', 'people_noted', 'steps'] as const) {
    await tx.deleteFrom(table).where('run_id', 'in', runs).execute();
  }
  if (releases.length > 0) await removeReleases(tx, releases);
  await tx.deleteFrom('runs').where('id', 'in', runs).execute();
}

/** With the records of their instances, which are all gone. */
async function removeReleases(tx: Tx, ids: readonly ReleaseId[]): Promise<void> {
  const instances = tx.selectFrom('instances').select('id').where('release_id', 'in', ids);
  await tx.deleteFrom('instance_sessions').where('instance_id', 'in', instances).execute();
  await tx.deleteFrom('instances').where('release_id', 'in', ids).execute();
  await tx.deleteFrom('releases').where('id', 'in', ids).execute();
}
