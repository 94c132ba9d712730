import { recordAudit } from '../audit/record';
import type { Actor, EngineParts } from '../parts';
import { endSessionsOf } from '../signin/sessions';
import { findUser } from './find';
import { demandAdmin, demandOther } from './guard';

export interface UserEnabled {
  name: string;
  enabled: boolean;
  /** False when it was so before: nothing was written. */
  changed: boolean;
}

/**
 * Lets somebody in no more: their tokens and sessions open nothing, their roles count nowhere. People are not removed,
 * since the audit names them.
 * @throws GantryError `user-unknown`, `last-admin`.
 */
export const disableUser = (parts: EngineParts, name: string, actor: Actor): Promise<UserEnabled> =>
  setEnabled(parts, name, false, actor);

/** @throws GantryError `user-unknown`. */
export const enableUser = (parts: EngineParts, name: string, actor: Actor): Promise<UserEnabled> =>
  setEnabled(parts, name, true, actor);

function setEnabled(parts: EngineParts, name: string, enabled: boolean, actor: Actor): Promise<UserEnabled> {
  return parts.store.write(async (tx) => {
    const user = await findUser(tx, name);
    const changed = (user.disabled_at === null) !== enabled;
    if (!changed) return { name, enabled, changed };
    if (enabled) await demandOther(tx, actor, [user]);
    const disabled_at = enabled ? null : parts.clock.now();
    await tx.updateTable('users').set({ disabled_at }).where('id', '=', user.id).execute();
    if (!enabled) await demandAdmin(parts, tx);
    const action = enabled ? 'user.enable' : 'user.disable';
    await recordAudit(parts, tx, { chain: 'system', actor, action, object: name, detail: {} });
    if (!enabled) await endSessionsOf(parts, tx, user, actor, 'disabled');
    return { name, enabled, changed };
  });
}
