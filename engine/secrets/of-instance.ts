import { messageOf } from '../model/errors';
import type { EngineParts } from '../parts';
import { findRelease } from '../releases/find';
import { productionStage } from '../releases/record';
import { secretPurpose } from './names';
import { placesOf } from './open';

/**
 * The values that an instance was given, as they are now: for masking what it says, and for nothing else. None where it
 * is unknown. What cannot be opened is left out, and told to the log of the process.
 */
export async function secretsOfInstance(parts: EngineParts, name: string): Promise<Buffer[]> {
  const { read } = parts.store;
  const found = await read
    .selectFrom('instances')
    .innerJoin('environments', 'environments.id', 'instances.environment_id')
    .select(['instances.app_id', 'instances.release_id', 'environments.name', 'environments.role'])
    .where('instances.name', '=', name)
    .executeTakeFirst();
  if (found === undefined) return [];
  const { record } = await findRelease(parts, found.release_id);
  const production = found.role === 'production';
  const stage = production ? productionStage(record) : found.name;
  const names = record.stages[stage]?.serve.secrets ?? [];
  if (names.length === 0) return [];
  const rows = await read
    .selectFrom('secrets')
    .select(['name', 'environment', 'sealed'])
    .where('app_id', '=', found.app_id)
    .where('environment', 'in', placesOf({ name: stage, production }))
    .where('name', 'in', names)
    .execute();
  return rows.flatMap((row) => {
    try {
      return [parts.vault.open(secretPurpose(found.app_id, row.environment, row.name), row.sealed)];
    } catch (error) {
      parts.log.error({ instance: name, reason: messageOf(error) }, 'a secret could not be opened to mask it');
      return [];
    }
  });
}
