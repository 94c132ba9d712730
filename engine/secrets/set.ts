import { findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { AppId } from '../model/ids';
import type { Actor, EngineParts } from '../parts';
import type { Tx } from '../store/store';
import { sealIn } from '../store/vault-key';
import {
  checkSecretEnvironment,
  checkSecretName,
  checkSecretValue,
  SECRETS_PER_APP_MAX,
  secretPurpose,
  secretWords,
} from './names';

export interface SecretWanted {
  app: string;
  name: string;
  /** A stage, or `EVERYWHERE` (but production). */
  environment: string;
  value: Uint8Array;
}

export interface SecretSet {
  app: string;
  name: string;
  environment: string;
  /** There was one of this name before. */
  replaced: boolean;
}

/**
 * Stores a secret, sealed. Its value is in no answer, no audit entry and no event from here on. Instances that run keep
 * what they were given: the next delivery brings the new one.
 * @throws GantryError `app-unknown`, `secret-name`, `secret-environment`, `secret-short`, `secret-large`,
 *   `secrets-full`, `secret-key`.
 */
export async function setSecret(parts: EngineParts, wanted: SecretWanted, actor: Actor): Promise<SecretSet> {
  const { name, environment, value } = wanted;
  checkSecretName(name);
  checkSecretEnvironment(environment);
  checkSecretValue(value);
  return parts.store.write(async (tx) => {
    const app = await findAppIn(tx, wanted.app);
    const replaced = await isThere(tx, app.id, environment, name);
    if (!replaced) await demandPlace(tx, app);
    const sealed = await sealIn(tx, parts.vault, secretPurpose(app.id, environment, name), value);
    const values = { sealed, set_at: parts.clock.now(), set_by: actor };
    await tx
      .insertInto('secrets')
      .values({ app_id: app.id, environment, name, ...values })
      .onConflict((c) => c.columns(['app_id', 'environment', 'name']).doUpdateSet(values))
      .execute();
    const object = secretWords(app.name, environment, name);
    const detail = { name, environment, replaced };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'secret.set', object, detail });
    return { app: app.name, name, environment, replaced };
  });
}

async function isThere(tx: Tx, app: AppId, environment: string, name: string): Promise<boolean> {
  const row = await tx
    .selectFrom('secrets')
    .select('name')
    .where('app_id', '=', app)
    .where('environment', '=', environment)
    .where('name', '=', name)
    .executeTakeFirst();
  return row !== undefined;
}

async function demandPlace(tx: Tx, app: { id: AppId; name: string }): Promise<void> {
  const { count } = await tx
    .selectFrom('secrets')
    .select((e) => e.fn.countAll<number>().as('count'))
    .where('app_id', '=', app.id)
    .executeTakeFirstOrThrow();
  if (Number(count) < SECRETS_PER_APP_MAX) return;
  const message = `${app.name} has ${SECRETS_PER_APP_MAX} secrets, and that is the limit`;
  throw new GantryError('conflict', 'secrets-full', message, `remove one: gantry secret remove ${app.name} NAME`);
}
