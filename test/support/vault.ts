import { randomBytes } from 'node:crypto';
import type { Random } from '../../engine/ports/clock';
import type { Vault } from '../../engine/ports/vault';
import { type KeyPlace, KeyVault, vaultKey } from '../../engine/store/vault';

/** A vault with a key that every test has; nothing on a disk. */
export function testVault(random: Random = { bytes: randomBytes }): Vault {
  let keys = [vaultKey(Buffer.alloc(32, 7))];
  const place: KeyPlace = {
    read: () => keys,
    write: (wanted) => {
      keys = [...wanted];
    },
  };
  return new KeyVault(place, random);
}
