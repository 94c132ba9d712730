import { findAppIn } from '../apps/find';
import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { secretWords } from './names';

/**
 * Forgets a secret. What was started with it keeps it until it is replaced.
 * @throws GantryError `app-unknown`, `secret-unknown`.
 */
export async function removeSecret(
  parts: EngineParts,
  wanted: { app: string; name: string; environment: string },
  actor: Actor,
): Promise<void> {
  const { name, environment } = wanted;
  await parts.store.write(async (tx) => {
    const app = await findAppIn(tx, wanted.app);
    const object = secretWords(app.name, environment, name);
    const removed = await tx
      .deleteFrom('secrets')
      .where('app_id', '=', app.id)
      .where('environment', '=', environment)
      .where('name', '=', name)
      .returning('name')
      .execute();
    if (removed.length === 0) {
      const next = `see them: gantry secret list ${app.name}`;
      throw new GantryError('not-found', 'secret-unknown', `there is no secret ${object}`, next);
    }
    const detail = { name, environment };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'secret.remove', object, detail });
  });
}
