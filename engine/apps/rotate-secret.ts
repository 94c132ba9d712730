import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import { findConnected } from './find-connected';
import { checkHookSecret, freshHookSecret } from './hook-secret';
import { sealSource } from './source-secrets';

/** How long both secrets are good, so that nothing is refused while a forge is told the new one. */
export const ROTATION_MS = 24 * 3_600_000;

export interface SecretRotated {
  app: string;
  /** Told once. */
  secret: string;
  /** Until when the one before it is good, too; null: it is refused from now on. */
  earlierUntil: number | null;
}

/**
 * Gives the hooks of an app another secret. A third one, of before the last rotation, ends at once.
 * @param wanted `now`: the old one ends at once; `secret`: the forge made it
 * @throws GantryError `app-unknown`, `source-shared`, `source-none`, `hook-secret`.
 */
export async function rotateHookSecret(
  parts: EngineParts,
  wanted: { app: string; now: boolean; secret?: string },
  actor: Actor,
): Promise<SecretRotated> {
  const secret = checkHookSecret(wanted.secret) ?? freshHookSecret(parts);
  return parts.store.write(async (tx) => {
    const { app, source } = await findConnected(tx, wanted.app);
    const earlierUntil = wanted.now ? null : parts.clock.now() + ROTATION_MS;
    await tx
      .updateTable('app_sources')
      .set({
        secret: await sealSource(parts, tx, 'hook', { id: app.id, plain: secret }),
        earlier_secret: wanted.now ? null : source.secret,
        earlier_until: earlierUntil,
      })
      .where('app_id', '=', app.id)
      .execute();
    const detail = { earlierUntil };
    await recordAudit(parts, tx, { chain: app.name, actor, action: 'app.rotate-secret', object: app.name, detail });
    return { app: app.name, secret, earlierUntil };
  });
}
