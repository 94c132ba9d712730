import type { RunId } from '../model/ids';
import { isFinalRun } from '../model/states';
import type { EngineParts } from '../parts';
import type { RegistryCredentials } from '../ports/builder';
import type { Tx } from '../store/store';

/** Longest time that a registry's credentials wait for the step that pulls. */
const CREDENTIALS_MS = 3_600_000;

/** Holds what a registry asks for until the run's step has pulled. It is never part of the run itself. */
export async function holdCredentials(
  parts: EngineParts,
  tx: Tx,
  runId: RunId,
  credentials: RegistryCredentials,
): Promise<void> {
  const row = {
    run_id: runId,
    credentials: JSON.stringify(credentials),
    expires_at: parts.clock.now() + CREDENTIALS_MS,
  };
  await tx.insertInto('registry_credentials').values(row).execute();
}

/** Null when none were given, or too long ago. */
export async function credentialsOf(parts: EngineParts, runId: RunId): Promise<RegistryCredentials | null> {
  const row = await parts.store.read
    .selectFrom('registry_credentials')
    .select('credentials')
    .where('run_id', '=', runId)
    .where('expires_at', '>', parts.clock.now())
    .executeTakeFirst();
  return row === undefined ? null : (JSON.parse(row.credentials) as RegistryCredentials);
}

export async function forgetCredentials(parts: EngineParts, runId: RunId): Promise<void> {
  await parts.store.write((tx) => tx.deleteFrom('registry_credentials').where('run_id', '=', runId).execute());
}

/** Forgets those whose run ended in another way, and those that waited too long. */
export async function forgetOldCredentials(parts: EngineParts): Promise<void> {
  const rows = await parts.store.read
    .selectFrom('registry_credentials')
    .innerJoin('runs', 'runs.id', 'registry_credentials.run_id')
    .select(['runs.id', 'runs.state', 'registry_credentials.expires_at'])
    .execute();
  const old = rows.filter(({ state, expires_at }) => isFinalRun(state) || expires_at <= parts.clock.now());
  for (const { id } of old) await forgetCredentials(parts, id);
}
