import { GantryError, messageOf } from '../model/errors';
import type { EngineParts } from '../parts';
import { placeOf } from './attempts';
import { recordRefusal } from './by-password';
import type { Client } from './enter';
import { WAITS } from './limits';
import { countAttempt, forgive } from './waits';

const keysOf = ({ address }: Client) => {
  const where = placeOf(address);
  return [{ key: `address:${where}`, rule: WAITS.address, told: where }];
};

/**
 * Does a part of a sign-in at a provider. It counts as an attempt from its address while it fails, and why it failed
 * has an entry in the audit.
 * @throws WaitError, and what `work` throws
 */
export async function attemptByProvider<T>(parts: EngineParts, client: Client, work: () => Promise<T>): Promise<T> {
  const keys = keysOf(client);
  await parts.store.write((tx) => countAttempt(parts, tx, keys));
  try {
    const result = await work();
    await parts.store.write((tx) => forgive(tx, keys));
    return result;
  } catch (error) {
    // That it does not answer is nobody's attempt: whoever has a local account goes on from the same address.
    if (error instanceof GantryError && error.code === 'provider-silent') {
      await parts.store.write((tx) => forgive(tx, keys));
    }
    const why = error instanceof GantryError ? error.message : messageOf(error);
    await parts.store.write((tx) => recordRefusal(parts, tx, undefined, why.slice(0, 300), client));
    throw error;
  }
}
