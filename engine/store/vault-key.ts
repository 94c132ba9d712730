import type { Vault } from '../ports/vault';
import type { Reader } from './store';

/** Row of `meta` with the id of the key that seals: so a file that is gone is not taken for a first start. */
export const KEY_ROW = 'vault:key';

/** Id of the key with which the installation seals, on whatever machine; undefined while none was noted. */
export async function sealingKeyIn(db: Reader): Promise<string | undefined> {
  const row = await db.selectFrom('meta').select('value').where('key', '=', KEY_ROW).executeTakeFirst();
  return row?.value;
}

/** From the commit on every process of the installation seals with this key, or not at all. */
export async function noteSealingKey(tx: Reader, id: string): Promise<void> {
  await tx
    .insertInto('meta')
    .values({ key: KEY_ROW, value: id })
    .onConflict((c) => c.column('key').doUpdateSet({ value: id }))
    .execute();
}

/**
 * Seals with the installation's key, which the records name.
 * @param db the transaction that stores the text: then none is stored that an older key sealed after the key was changed
 * @param purpose where the text belongs, for example `secret:APP:NAME`: it opens nowhere else. It can be read.
 * @throws GantryError `secret-key` (unavailable) when this process has no key, or not the one that seals now
 */
export async function sealIn(db: Reader, vault: Vault, purpose: string, plain: Uint8Array): Promise<string> {
  return vault.seal(purpose, plain, await sealingKeyIn(db));
}
