import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { GantryError, messageOf } from '../model/errors';
import type { Random } from '../ports/clock';
import type { Vault } from '../ports/vault';

/** What every sealed text begins with. */
export const SEALED = 'sealed1';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface VaultKey {
  /** Told by the key itself, so that two keys never have the same. */
  id: string;
  key: Buffer;
}

/** Where keys lie. Newest first. */
export interface KeyPlace {
  /** @throws Error that says why they cannot be read */
  read(): readonly VaultKey[];
  write(keys: readonly VaultKey[]): void;
}

export function vaultKey(key: Buffer): VaultKey {
  if (key.length !== KEY_BYTES) throw new Error(`it has ${key.length} bytes, and a key has ${KEY_BYTES}`);
  return { id: createHash('sha256').update('gantry vault key ').update(key).digest('hex').slice(0, 12), key };
}

/** A new key, different from every other one. */
export const freshKey = (random: Random): VaultKey => vaultKey(Buffer.from(random.bytes(KEY_BYTES)));

/**
 * AES-256-GCM. A sealed text names the key and its purpose, `sealed1.KEY.PURPOSE.BYTES`; both are authenticated, so that
 * neither can be exchanged, nor a text be moved to another row.
 */
export class KeyVault implements Vault {
  constructor(
    private readonly place: KeyPlace,
    private readonly random: Random,
  ) {}

  seal(purpose: string, plain: Uint8Array, wanted: string | undefined): string {
    const { id, key } = wanted === undefined ? this.newest() : this.named(wanted);
    const head = `${SEALED}.${id}.${Buffer.from(purpose).toString('base64url')}`;
    const nonce = Buffer.from(this.random.bytes(NONCE_BYTES));
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(head));
    const bytes = [nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()];
    return `${head}.${Buffer.concat(bytes).toString('base64url')}`;
  }

  open(purpose: string, sealed: string): Buffer {
    const parts = partsOf(sealed);
    if (parts.purpose !== purpose) throw damaged(parts.purpose, 'it was sealed for something else');
    return this.decipher(parts);
  }

  sealAgain(sealed: string, key: string): string {
    const parts = partsOf(sealed);
    return this.seal(parts.purpose, this.decipher(parts), key);
  }

  addKey(): string {
    const known = this.known();
    if (known.length === 0) throw noKey('there is none');
    const key = freshKey(this.random);
    this.place.write([key, ...known]);
    return key.id;
  }

  forgetOldKeys(): void {
    this.place.write([this.newest()]);
  }

  keyIds(): readonly string[] {
    return this.known().map(({ id }) => id);
  }

  private decipher({ keyId, purpose, head, bytes }: SealedParts): Buffer {
    const known = this.known().find(({ id }) => id === keyId);
    if (known === undefined) throw noKey(`it was sealed with key ${keyId}, and that is not there`);
    try {
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const decipher = createDecipheriv('aes-256-gcm', known.key, nonce).setAAD(Buffer.from(head));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    } catch (error) {
      throw damaged(purpose, 'its bytes are not what was sealed', error);
    }
  }

  /** Another machine may have changed the key: what an older one sealed would be lost when that one is forgotten. */
  private named(wanted: string): VaultKey {
    const found = this.known().find(({ id }) => id === wanted);
    if (found === undefined) throw staleKey(wanted);
    return found;
  }

  private newest(): VaultKey {
    const [first] = this.known();
    if (first === undefined) throw noKey('there is none');
    return first;
  }

  private known(): readonly VaultKey[] {
    try {
      return this.place.read();
    } catch (error) {
      throw noKey(messageOf(error), error);
    }
  }
}

/** The beginning of every text that this key has sealed. */
export const sealedBy = (key: string): string => `${SEALED}.${key}.`;

/** How many bytes were sealed, without opening them: it needs no key. */
export function plainSize(sealed: string): number {
  const text = sealed.slice(sealed.lastIndexOf('.') + 1);
  return Math.max(0, Buffer.byteLength(text, 'base64url') - NONCE_BYTES - TAG_BYTES);
}

interface SealedParts {
  keyId: string;
  purpose: string;
  /** What stands before the bytes. */
  head: string;
  bytes: Buffer;
}

function partsOf(sealed: string): SealedParts {
  const [format, keyId = '', purpose = '', text = '', ...rest] = sealed.split('.');
  const bytes = Buffer.from(text, 'base64url');
  if (format !== SEALED || rest.length > 0 || bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw damaged('text', 'it is no sealed text');
  }
  const head = `${format}.${keyId}.${purpose}`;
  return { keyId, purpose: Buffer.from(purpose, 'base64url').toString('utf8'), head, bytes };
}

/** The house's fault: whoever asked did nothing wrong. */
function noKey(reason: string, cause?: unknown): GantryError {
  const message = `what is sealed cannot be read or written: ${reason}`;
  return new GantryError('unavailable', 'secret-key', message, KEY_ADVICE, { cause });
}

/** The house's fault as well: its machines do not have the same file. */
export function staleKey(id: string): GantryError {
  const message = `nothing can be sealed: this installation seals with key ${id}, and the key file here does not hold it`;
  return new GantryError('unavailable', 'secret-key', message, STALE_ADVICE);
}

function damaged(what: string, reason: string, cause?: unknown): GantryError {
  const message = `sealed ${what} cannot be opened: ${reason}`;
  return new GantryError('unavailable', 'sealed-damaged', message, 'set it once more', { cause });
}

const STALE_ADVICE =
  'copy the key file of the machine on which the key was changed to this one (GANTRY_KEY_FILE, else secret.key in GANTRY_HOME)';

/** What to do where the key is missing. */
export const KEY_ADVICE =
  'put the key file of this installation back (GANTRY_KEY_FILE, else secret.key in GANTRY_HOME)';
