import { recordAudit } from '../audit/record';
import { GantryError } from '../model/errors';
import type { Actor, EngineParts } from '../parts';
import { staleKey } from '../store/vault';
import { sealingKeyIn } from '../store/vault-key';
import { sealedByOthers } from './sealed-by';

export interface KeysForgotten {
  /** Id of the key that is left. */
  key: string;
  /** Ids of those that went; none when there was no older one. */
  forgotten: readonly string[];
}

/**
 * Takes every key but the one that seals out of this process's key file. A backup of the time before opens with a copy
 * of them alone.
 * @throws GantryError `secret-key`; `key-needed` while a value is sealed with an older key, or the change is not over
 */
export async function forgetOldKeys(parts: EngineParts, actor: Actor): Promise<KeysForgotten> {
  // In one transaction, which has the database to itself: nothing is sealed between the look and the end of the keys.
  return parts.store.write(async (tx) => {
    const { vault } = parts;
    const [key = '', ...forgotten] = vault.keyIds();
    const seals = (await sealingKeyIn(tx)) ?? key;
    if (seals !== key && !forgotten.includes(seals)) throw staleKey(seals);
    if (forgotten.length === 0) return { key, forgotten };
    if (seals !== key) throw needed(`key ${seals} still seals, and ${key} not yet`);
    const left = await sealedByOthers(tx, key);
    if (left > 0) throw needed(`${left} ${left === 1 ? 'value is' : 'values are'} still sealed with an older key`);
    vault.forgetOldKeys();
    const detail = { key, forgotten };
    await recordAudit(parts, tx, { chain: 'system', actor, action: 'secret.forget-key', object: 'key', detail });
    return { key, forgotten };
  });
}

const needed = (reason: string): GantryError =>
  new GantryError('conflict', 'key-needed', `no key is forgotten: ${reason}`, 'first: gantry secret rotate-key');
